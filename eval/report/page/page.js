const root = document.documentElement;
root.dataset.errors = '0';
addEventListener('error', () => { root.dataset.errors = String(Number(root.dataset.errors) + 1); });

const data = JSON.parse(document.getElementById('data').textContent);
const state = new URLSearchParams(location.hash.slice(1));
const percent = (value, digits = 1) => value === null ? '\u2013' : (100 * value).toFixed(digits);
const scoreText = value => value.toFixed(2).replace(/^-0\.00$/, '0.00');
const count = value => value.toLocaleString('en');
const kindColour = kind => `var(--${kind})`;

function remember(key, value) {
  if (value === null || value === '') state.delete(key); else state.set(key, value);
  try { history.replaceState(null, '', '#' + state); } catch { /* a page from disk may not be allowed to */ }
}

function setTheme(theme) {
  const dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.dataset.theme = dark ? 'dark' : 'light';
}
setTheme(state.get('theme'));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => setTheme(state.get('theme')));
const themeButton = () => h('button', {id: 'theme', class: 'chip', title: 'light or dark', onclick: () => {
  const next = root.dataset.theme === 'dark' ? 'light' : 'dark';
  remember('theme', next); setTheme(next); }}, 'light / dark');

const main = document.getElementById('main');
function section(title, lead, ...content) {
  main.append(h('section', {}, h('h2', {}, title), lead ? h('p', {class: 'lead'}, lead) : null, ...content));
}

// Bars with names before and values behind them.
function bars(items, largest) {
  return h('div', {class: 'rows'}, items.map(item => [
    h('span', {}, h('span', {class: 'kind', style: `--kind:${item.colour}`}, item.name), item.what ? h('span', {class: 'what'}, item.what) : null),
    h('span', {class: 'track'}, h('i', {style: `width:${largest > 0 ? Math.max(0, 100 * item.value / largest) : 0}%;background:${item.colour}`})),
    h('span', {class: 'value'}, item.text, item.note ? h('span', {class: 'what'}, item.note) : null)]));
}

// A picture with marks. KINDS of the page's own script says how each kind is drawn.
function view(item, labels) {
  const svg = s('svg', {class: 'photo', viewBox: `0 0 ${item.w} ${item.h}`, role: 'img', 'aria-label': item.id, preserveAspectRatio: 'xMidYMid meet'});
  if (item.image) svg.append(s('image', {href: 'data:image/jpeg;base64,' + item.image, width: item.w, height: item.h, preserveAspectRatio: 'none'}));
  const taken = [];
  for (const [x, y, width, height, kind] of item.marks) {
    const box = {x, y, width: Math.max(0, width), height: Math.max(0, height), fill: 'none'};
    svg.append(s('rect', {...box, stroke: '#000', 'stroke-opacity': .45, 'stroke-width': 4}),
      s('rect', {...box, stroke: kindColour(kind), 'stroke-width': 2, 'stroke-dasharray': KINDS[kind][1] || null}));
  }
  if (labels) for (const [x, y, w, hgt, kind, label] of item.marks) {
    const size = Math.max(item.w, item.h) / 36, width = label.length * size * .62 + size * .7, height = size * 1.45;
    let best = null;
    for (const wanted of [x, x + w - width]) for (const topY of [y - height, y, y + hgt, y + hgt - height]) {
      if (topY < 0 || topY + height > item.h) continue;
      const left = Math.min(Math.max(0, wanted), Math.max(0, item.w - width));
      const over = taken.reduce((total, t) => total + Math.max(0, Math.min(left + width, t[0] + t[2]) - Math.max(left, t[0])) * Math.max(0, Math.min(topY + height, t[1] + t[3]) - Math.max(topY, t[1])), 0);
      if (!best || over < best[2]) best = [left, topY, over];
    }
    const [left, topY] = best || [0, 0];
    taken.push([left, topY, width, height]);
    svg.append(s('rect', {x: left, y: topY, width, height, fill: kindColour(kind), rx: size * .2}),
      s('text', {x: left + size * .35, y: topY + size * 1.08, style: `font-size:${size}px;font-weight:600;fill:#111`}, label));
  }
  return svg;
}
function open(item) {
  const dialog = document.getElementById('zoom');
  dialog.replaceChildren(view(item, true), h('div', {class: 'shot'}, h('div', {class: 'text'}, item.id)));
  dialog.onclick = () => dialog.close();
  dialog.showModal();
}
