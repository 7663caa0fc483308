'use strict';
// Pictures in, their detections shown, filtered, explained and kept.

// Shown for every picture: what keeps its name tells others apart.
function addPicture(picture) {
  while (pictures.some(other => other.id === picture.id)) picture.id += '~';
  pictures.push(picture);
  return picture;
}
const idOf = name => name.replace(/\.(jpe?g|png|webp|gif|bmp|tiff?|heic|avif|jfif|pnm|ppm|jp2)$/i, '') || 'picture';

async function blobOf(picture) {
  picture.blob ||= await (await ask(picture.path)).blob();
  return picture.blob;
}

// The picture's pixels as the browser shows them. What it cannot decode is known by its record.
async function load(picture) {
  if (picture.url) return;
  picture.url = URL.createObjectURL(await blobOf(picture));
  try {
    const image = new Image();
    image.src = picture.url;
    await image.decode();
    picture.width ||= image.naturalWidth;
    picture.height ||= image.naturalHeight;
  } catch { /* shown empty */ }
}

async function detect(picture) {
  if (picture.record || picture.error) return;
  if (picture.has_record) {
    picture.record = await (await ask(picture.path + '/record')).json();
    picture.width = picture.record.width;
    picture.height = picture.record.height;
    return;
  }
  for (let tries = 0;; ++tries) {
    try {
      const answer = await ask(`detect?id=${encodeURIComponent(picture.id)}&file=${encodeURIComponent(picture.file || '')}`, {method: 'POST', body: await blobOf(picture)});
      picture.record = await answer.json();
      picture.width = picture.record.width;
      picture.height = picture.record.height;
      return;
    } catch (error) {
      if (error.status === 503 && tries < 20) { await wait(Math.min(error.after, 5) || 1); continue; }
      picture.error = error.message;
      return;
    }
  }
}

async function take(files) {
  const taken = [...files].map(file => addPicture({id: idOf(file.name), file: file.name, blob: file}));
  if (!taken.length) return;
  if (current < 0) current = pictures.indexOf(taken[0]);
  let done = 0;
  const queue = [...taken];
  const work = async () => {
    for (let picture; (picture = queue.shift());) {
      say(`Detecting: ${done} of ${taken.length}`);
      await load(picture);
      await detect(picture);
      ++done;
      if (pictures[current] === picture) await go(current); else showStrip();
    }
  };
  await Promise.all([work(), work(), work()]);
  const failed = taken.filter(picture => picture.error).length;
  say(`${taken.length - failed} of ${taken.length} pictures done.`, failed > 0);
  await go(current < 0 ? 0 : current);
}

async function go(place) {
  if (place < 0 || place >= pictures.length) return;
  if (current !== place) chosen = null;
  current = place;
  const picture = pictures[place];
  showStrip();
  try {
    await load(picture);
    if (!picture.record && !picture.error) { say(`Detecting in ${picture.id}...`); await detect(picture); say(''); }
    await loadTruth(picture);
    if (editing) await loadBoxes(picture);
  } catch (error) {
    picture.error = error.message;
  }
  if (pictures[current] === picture) { show(); showStrip(); }
  fillStrip();
}

// Small pictures of those near by, one after the other, when there is nothing else to do.
let isFilling = false;
async function fillStrip() {
  if (isFilling) return;
  isFilling = true;
  for (let step = 1; step <= 12; ++step) for (const place of [current + step, current - step]) {
    const picture = pictures[place];
    if (!picture || picture.url || picture.error) continue;
    try { await load(picture); } catch (error) { picture.error = error.message; }
    showStrip();
  }
  isFilling = false;
}

function showStrip() {
  const near = 60, from = Math.max(0, current - near);
  $('strip').replaceChildren(...pictures.slice(from, current + near).map((picture, place) => [picture, from + place]).map(([picture, i]) => h('li', {},
    h('button', {type: 'button', 'aria-current': String(i === current), 'aria-label': picture.id + (picture.error ? ', ' + picture.error : ''), onclick: () => go(i)},
      picture.url ? h('img', {src: picture.url, alt: ''}) : null,
      h('span', {}, picture.error ? '\u26a0 ' + picture.id : picture.id)))));
  const now = $('strip').children[current - from];
  if (now) now.scrollIntoView({block: 'nearest', inline: 'nearest'});
}

function show() {
  const picture = pictures[current];
  $('drop').hidden = Boolean(picture);
  $('view').hidden = $('tools').hidden = $('side').hidden = !picture;
  document.querySelector('main').classList.toggle('empty', !picture);
  if (!picture) return;
  $('place').textContent = `${current + 1} of ${pictures.length}: ${picture.id}`;
  $('edit').hidden = !canEdit;
  $('truth').hidden = !picture.truth;
  $('name').hidden = $('remove').hidden = !(editing && chosen);
  if (editing && chosen && document.activeElement !== $('class')) $('class').value = chosen.class;
  if (picture.error) say(picture.error, true);
  const items = picture.width ? boxesOf(picture) || [] : [];
  const focused = document.activeElement && document.activeElement.closest('.box, #list button');
  if (picture.width) {
    const svg = drawing(picture, items, choose);
    addHandles(svg, picture);
    $('view').replaceChildren(svg);
  } else {
    $('view').replaceChildren();
  }
  showClasses(picture, items);
  $('found').textContent = editing ? `Annotations: ${items.length}` : comparing && picture.truth ? countText(items) : `Detections: ${items.length} of ${picture.record ? picture.record.detections.length : 0}`;
  $('list').replaceChildren(...items.map(item => h('li', {}, h('button', {type: 'button', 'aria-current': String(item === chosen), onclick: () => choose(item)},
    swatch(item), h('span', {}, item.class, looksOf(item) ? h('small', {}, looksOf(item).words) : null), item.score === undefined ? null : scoreText(item.score)))));
  if (focused && chosen) {
    const place = items.indexOf(chosen);
    const again = focused.matches('.box') ? [...$('view').querySelectorAll('.box')].find(group => group.item === chosen) : $('list').children[place] && $('list').children[place].firstChild;
    if (again) again.focus();
  }
  root.dataset.shown = String(items.length);
}

function swatch(item) {
  const element = h('i', {'aria-hidden': 'true'}), looks = looksOf(item);
  element.style.background = looks ? looks.colour : colourOf(item.class);
  return element;
}

function showClasses(picture) {
  const counts = new Map();
  const reaches = d => d.score >= (least ?? (byName.get(d.class) || {operating_point: 0}).operating_point);
  for (const other of pictures) for (const d of other.record ? other.record.detections : []) if (reaches(d)) counts.set(d.class, (counts.get(d.class) || 0) + 1);
  for (const name of off) if (!counts.has(name)) counts.set(name, 0);
  const names = [...counts.keys()].sort();
  const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.name : undefined;
  $('classes').replaceChildren(...names.map(name => h('button', {type: 'button', class: 'chip', 'data-name': name, 'aria-pressed': String(!off.has(name)), onclick: () => { off.has(name) ? off.delete(name) : off.add(name); show(); }},
    swatch({class: name}), `${name} ${counts.get(name)}`)));
  if (focused !== undefined) for (const chip of $('classes').children) if (chip.dataset.name === focused) chip.focus();
}

function choose(item) {
  chosen = item === chosen && !editing ? null : item;
  show();
  if (!editing) tell(chosen && chosen.score === undefined ? null : chosen);
}

// How a detection came about, as `deeper show --explain` has it.
async function tell(item) {
  const card = $('story'), picture = pictures[current];
  card.hidden = !item;
  if (!item) return;
  const number = picture.record.detections.indexOf(item) + 1;
  const title = h('h2', {}, `${item.class} ${scoreText(item.score)}: its story`);
  card.replaceChildren(title, h('p', {class: 'soft'}, 'Asking...'));
  try {
    picture.stories ||= new Map();
    if (!picture.stories.has(number)) {
      const answer = await ask(`explain?detection=${number}&id=${encodeURIComponent(picture.id)}`, {method: 'POST', body: await blobOf(picture)});
      picture.stories.set(number, await answer.json());
    }
    if (chosen !== item) return;
    const story = picture.stories.get(number), box = values => values.map(v => v.toFixed(0)).join(', ');
    const facts = [['Box', box(story.box)]];
    if (story.proposal) facts.push(['Proposed by', `${story.proposal.source}, ${story.proposal.rank} of ${story.proposal.of}`], ['Region, dashed', box(story.proposal.box)]);
    if (story.scores) facts.push(['Best classes', story.scores.map(c => `${c.class} ${scoreText(c.score)}`).join(', ')]);
    if (story.models && story.models.length > 1) facts.push(['Models', story.models.map(m => `${m.model} ${scoreText(m.score)}`).join(', ')]);
    if (story.moved_box) facts.push(['Moved to', box(story.moved_box)]);
    if (story.suppressed_count !== undefined) facts.push(['Suppressed', story.suppressed_count ? `${story.suppressed_count} of its class, the best ${story.suppressed.map(c => `${scoreText(c.score)} (IoU ${c.iou.toFixed(2)})`).join(', ')}` : 'nothing']);
    if (story.lowered_by) facts.push(['Lowered by', story.lowered_by.length ? story.lowered_by.map(l => `${l.detection ? 'detection ' + l.detection : 'another'} (x ${l.factor.toFixed(2)})`).join(', ') : 'nothing']);
    card.replaceChildren(title, h('dl', {}, facts.map(([name, text]) => [h('dt', {}, name), h('dd', {}, text)])));
    root.dataset.story = String(number);
    if (story.proposal && !regions.has(item)) { regions.set(item, story.proposal.box); show(); }
  } catch (error) {
    card.replaceChildren(title, h('p', {}, error.message));
  }
}

// What the filters show, as lines of detections.jsonl; of the pictures that have a result.
const shownRecord = picture => ({...picture.record, detections: shownOf(picture)});
const linesOf = some => some.filter(picture => picture.record).map(picture => JSON.stringify(shownRecord(picture)) + '\n').join('');

function keep(blob, name) {
  const link = h('a', {href: URL.createObjectURL(blob), download: name.replaceAll('/', '_')});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
// Keeps what the server answers.
async function keepAnswer(path, options, name) {
  try {
    keep(await (await ask(path, options)).blob(), name);
  } catch (error) {
    say(error.message, true);
  }
}
const keepAs = (format, some, name) => keepAnswer('convert?to=' + format, {method: 'POST', body: linesOf(some)}, name);
$('save-picture').onclick = async () => keep(await annotated(pictures[current], boxesOf(pictures[current])), pictures[current].id + '.jpg');
$('save-voc').onclick = () => keepAs('voc', [pictures[current]], pictures[current].id + '.xml');
$('save-jsonl').onclick = () => keep(new Blob([linesOf(pictures)]), 'detections.jsonl');
$('save-coco').onclick = () => keepAs('coco', pictures, 'detections.coco.json');

$('choose').onchange = () => { take($('choose').files); };
addEventListener('dragover', event => { event.preventDefault(); document.body.classList.add('dragging'); });
addEventListener('dragleave', event => { if (!event.relatedTarget) document.body.classList.remove('dragging'); });
addEventListener('drop', event => { event.preventDefault(); document.body.classList.remove('dragging'); take(event.dataTransfer.files); });
addEventListener('paste', event => { take([...event.clipboardData.files]); });

function setLeast(value) {
  least = value;
  $('from').textContent = value === null ? 'each class\u2019s usual' : scoreText(value);
  show();
}
$('score').oninput = () => setLeast(Number($('score').value));
$('usual').onclick = () => setLeast(null);
$('previous').onclick = () => go(current - 1);
$('next').onclick = () => go(current + 1);
addEventListener('keydown', event => {
  if (event.target.matches('input:not([type="range"])') || event.altKey || event.metaKey) return;
  if (event.key === 'z' && event.ctrlKey) { event.preventDefault(); return undo(); }
  const isArrow = event.key.startsWith('Arrow');
  if (editing && chosen && isArrow) { event.preventDefault(); return nudge(event); }
  if (event.ctrlKey || event.target.matches('input')) return;
  if (event.key === 'ArrowLeft') go(current - 1);
  else if (event.key === 'ArrowRight') go(current + 1);
  else if (event.key === 't' && current >= 0 && pictures[current].truth) setComparing(!comparing);
  else if (event.key === 'e' && canEdit && current >= 0) setEditing(!editing);
  else if (event.key === 'Delete' || event.key === 'Backspace') removeChosen();
  else if (event.key === 'Escape') { chosen = null; $('story').hidden = true; show(); }
});

async function start() {
  try {
    model = await (await ask('model')).json();
  } catch (error) {
    return say(error.status === 401 ? 'This server wants a token: open its address with #token=WORD behind it.' : error.message, true);
  }
  byName = new Map(model.classes.map(c => [c.name, c]));
  canEdit = model.annotations;
  $('model').textContent = `${model.models.join(', ')}: ${model.classes.length} classes`;
  $('known').replaceChildren(...model.classes.map(c => h('option', {value: c.name})));
  const scores = model.scores === 'probabilities' ? [0, 1, 0.01] : [-2, 3, 0.05];
  [$('score').min, $('score').max, $('score').step] = scores;
  $('score').value = scores[0];
  setLeast(null);
  const listed = await (await ask('pictures')).json();
  for (const [name, colour] of Object.entries(listed.colours)) if (!byName.has(name)) byName.set(name, {name, colour, operating_point: 0});
  for (const item of listed.pictures) addPicture({...item, path: `pictures/${item.number}`});
  if (pictures.length) await go(0);
  root.dataset.ready = '1';
}
start();
