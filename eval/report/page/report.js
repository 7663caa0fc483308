const KINDS = {
  TP: ['right', ''], Cls: ['wrong class', '9 4'], Loc: ['badly placed', '4 4'], Both: ['wrong class, badly placed', '2 4'],
  Dupe: ['duplicate', '12 3 2 3'], Bkg: ['on background', '6 6'], Miss: ['missed', '3 3'],
  NoProp: ['no proposal', '1.5 3'], proposal: ['the best proposal', '8 3'], truth: ['the true object', '5 4']};

// Summary.
const sum = data.summary;
document.title = `${percent(sum.map)} mAP \u2013 ${sum.data}`;
document.getElementById('top').append(
  h('div', {class: 'top'},
    h('h1', {}, `${sum.data} \u00b7 ${sum.protocol} \u00b7 evaluation report`),
    themeButton()),
  h('div', {class: 'hero'},
    h('div', {class: 'card'},
      h('div', {class: 'map'}, percent(sum.map, 1), h('small', {}, ' % mAP')),
      sum.interval ? [intervalBar(sum.interval, sum.map),
        h('div', {class: 'caption'}, `95% interval ${percent(sum.interval[0])} \u2013 ${percent(sum.interval[1])}, from drawing the pictures anew with replacement`)] : null),
    h('div', {class: 'tiles'}, [
      ['median AP', percent(sum.median) + ' %'], ['pictures', count(sum.pictures)], ['objects', count(sum.objects)],
      ['found at any score', count(sum.found)], ['detections', count(sum.detections)],
      ['recall at any score', percent(sum.objects ? sum.found / sum.objects : 0) + ' %']].map(([name, value]) =>
      h('div', {class: 'card tile'}, h('b', {}, value), h('span', {}, name))))),
  notice() ? h('div', {class: 'card notice', id: 'notice', role: 'note'}, notice()) : '',
  sum.coco ? h('div', {class: 'card scroll', style: 'margin-top:16px'}, h('table', {},
    h('thead', {}, h('tr', {}, sum.coco.map(([name]) => h('th', {style: 'text-align:right'}, name)))),
    h('tbody', {}, h('tr', {}, sum.coco.map(([, value]) => h('td', {style: 'text-align:right'}, percent(value))))))) : '');

// Why there is nothing to see, where that is so.
function notice() {
  if (!sum.pictures) return 'There is nothing to judge: the data set has no pictures.';
  if (!sum.objects && !sum.detections) return 'There is nothing to judge: no object that counts, and no detection.';
  if (!sum.detections) return `Nothing was detected: the results have no box in any of the ${count(sum.pictures)} pictures, so all ${count(sum.objects)} objects are missed.`;
  if (!sum.objects) return `No object counts in the ${count(sum.pictures)} pictures, so all ${count(sum.detections)} detections are false and there is no average precision.`;
  if (!sum.found) return `None of the ${count(sum.detections)} detections is right. Are the results of these pictures and classes?`;
  return '';
}

function intervalBar([low, high], value) {
  const x = v => (4 + 232 * v).toFixed(1);
  return s('svg', {viewBox: '0 0 240 18', role: 'img', style: 'margin:10px 0 4px'},
    s('rect', {x: 4, y: 7, width: 232, height: 4, rx: 2, fill: 'var(--faint)'}),
    s('rect', {x: x(low), y: 6, width: Math.max(2, x(high) - x(low)), height: 6, rx: 3, fill: 'var(--accent)', opacity: .35}),
    s('circle', {cx: x(value), cy: 9, r: 5, fill: 'var(--accent)'}));
}

// Table of classes.
const used = data.classes.map((c, index) => ({...c, index})).filter(c => c.objects || c.detections);
const COLUMNS = [
  ['name', 'class', c => c.name, c => c.name],
  ['ap', 'AP %', c => c.ap === null ? -1 : c.ap, c => percent(c.ap)],
  ['objects', 'objects', c => c.objects, c => count(c.objects)],
  ['detections', 'detections', c => c.detections, c => count(c.detections)],
  ['found', 'found', c => c.found, c => count(c.found)],
  ['recall', 'recall %', c => c.objects ? c.found / c.objects : -1, c => c.objects ? percent(c.found / c.objects) : '\u2013'],
  ['score', 'best cut at', c => c.point ? c.point.score : -Infinity, c => c.point ? scoreText(c.point.score) : '\u2013'],
  ['precision', 'precision %', c => c.point ? c.point.precision : -1, c => c.point ? percent(c.point.precision) : '\u2013'],
  ['f1', 'F1 %', c => c.point ? c.point.f1 : -1, c => c.point ? percent(c.point.f1) : '\u2013']];
const body = h('tbody', {id: 'classes'});
const heads = COLUMNS.map(([key, title]) => h('th', {'data-key': key}, h('button', {onclick: () => {
  const ascending = state.get('sort') === key ? state.get('order') !== 'up' : key === 'name';
  sortBy(key, ascending ? 'up' : 'down'); }}, title)));
function sortBy(key, order) {
  const column = COLUMNS.find(([k]) => k === key) || COLUMNS[0];
  const sign = order === 'up' ? 1 : -1;
  const rows = [...used].sort((a, b) => {
    const [x, y] = [column[2](a), column[2](b)];
    return sign * (typeof x === 'string' ? x.localeCompare(y) : x - y) || a.index - b.index;
  });
  for (const head of heads) {
    if (head.dataset.key === column[0]) head.setAttribute('aria-sort', order === 'up' ? 'ascending' : 'descending');
    else head.removeAttribute('aria-sort');
  }
  body.replaceChildren(...rows.map(c => h('tr', {}, COLUMNS.map(([k, , , show]) =>
    k === 'name' ? h('td', {class: 'name', title: c.name}, h('button', {onclick: () => pickClass(c.index)}, c.name)) :
    k === 'ap' ? h('td', {}, show(c), h('span', {class: 'bar'}, h('i', {style: `width:${Math.max(0, 100 * (c.ap || 0))}%`}))) :
    h('td', {}, show(c))))));
  remember('sort', column[0]); remember('order', order);
}
section('Classes', 'A class\u2019s best cut is the score at which F1, the harmonic mean of precision and recall, is highest. Choose a heading to sort, a name to see its pictures.',
  h('div', {class: 'card scroll'}, h('table', {}, h('thead', {}, h('tr', {}, heads)), body)));
const wantedSort = [state.get('sort') || 'ap', state.get('order') || 'down'];
sortBy(...wantedSort);

// Curves.
function curveChart(c) {
  const x = r => 22 + 124 * r, y = p => 8 + 84 * (1 - p);
  const points = c.curve.map(([r, p]) => `${x(r).toFixed(1)},${y(p).toFixed(1)}`);
  return s('svg', {viewBox: '0 0 152 108', role: 'img', 'aria-label': `precision against recall of ${c.name}`},
    [0, .5, 1].map(v => [
      s('line', {x1: x(0), x2: x(1), y1: y(v), y2: y(v), stroke: 'var(--line)'}),
      s('text', {x: 18, y: y(v) + 3.5, 'text-anchor': 'end', style: 'font-size:9px'}, String(100 * v)),
      s('text', {x: x(v), y: 104, 'text-anchor': v === 0 ? 'start' : v === 1 ? 'end' : 'middle', style: 'font-size:9px'}, String(100 * v))]),
    points.length ? [
      s('polygon', {points: `${x(0)},${y(0)} ${x(0)},${points[0].split(',')[1]} ${points.join(' ')} ${points[points.length - 1].split(',')[0]},${y(0)}`, fill: 'var(--accent-soft)'}),
      s('polyline', {points: points.join(' '), fill: 'none', stroke: 'var(--accent)', 'stroke-width': 1.8, 'stroke-linejoin': 'round'})] : null,
    c.point ? s('circle', {cx: x(c.point.recall), cy: y(c.point.precision), r: 4, fill: 'var(--Cls)', stroke: 'var(--card)', 'stroke-width': 1.5},
      s('title', {}, `score ${c.point.score.toFixed(3)}: precision ${percent(c.point.precision)}%, recall ${percent(c.point.recall)}%`)) : null);
}
section('Precision and recall', 'Precision (up) against recall (right), in percent; the dot is the best cut, the number the AP.',
  h('div', {class: 'curves'}, [...used].filter(c => c.objects).sort((a, b) => b.ap - a.ap).map(c =>
    h('button', {class: 'card curve', title: c.name, onclick: () => pickClass(c.index)},
      h('b', {}, h('span', {}, c.name), h('span', {}, percent(c.ap))), curveChart(c)))));

// Errors.
const EXPLAIN = {
  Cls: 'well on an object of another class', Loc: 'right class, badly placed (IoU .1 to .5)', Both: 'badly placed on another class',
  Dupe: 'an object found already', Bkg: 'on nothing (IoU to .1)', Miss: 'an object that nothing found'};
const largestDelta = Math.max(...data.errors.map(e => e.delta));
const HOIEM = {Loc: ['badly placed or duplicate', 'Loc'], Sim: ['on a similar class', 'Cls'], Oth: ['on another class', 'Both'], BG: ['on background', 'Bkg']};
const allHoiem = data.hoiem ? data.hoiem.reduce((total, k) => total + k.count, 0) : 0;
section('What goes wrong', 'How much mAP would be gained if one kind of error did not exist (TIDE, Bolya et al. 2020). Kinds overlap, so the gains do not add up.',
  h('div', {class: 'card', style: 'margin-bottom:16px'}, h('h3', {}, 'mAP lost to each kind, in points, and how often it happens'),
    bars(data.errors.map(e => ({name: e.kind, what: EXPLAIN[e.kind], value: e.delta, colour: kindColour(e.kind),
      text: `+${percent(e.delta, 2)}`, note: count(e.count)})), largestDelta)),
  h('div', {class: 'two'},
    data.hoiem && allHoiem ? h('div', {class: 'card'}, h('h3', {}, 'What the best-ranked false positives are on (Hoiem et al. 2012)'),
      bars(data.hoiem.map(k => ({name: k.kind, what: HOIEM[k.kind][0], value: k.count, colour: kindColour(HOIEM[k.kind][1]),
        text: percent(k.count / allHoiem, 0) + ' %', note: count(k.count)})), Math.max(...data.hoiem.map(k => k.count)))) : null,
    h('div', {class: 'card'}, h('h3', {}, 'How often a score is right, in percent'), calibrationChart())));

function calibrationChart() {
  const {bins, error} = data.calibration;
  if (!bins.length) return h('p', {class: 'caption'}, 'There are no detections.');
  const low = bins[0].score, high = bins[bins.length - 1].score;
  const x = v => 34 + 330 * (high > low ? (v - low) / (high - low) : .5), y = v => 10 + 110 * (1 - v);
  const chart = s('svg', {viewBox: '0 0 380 152', style: 'max-width:440px;margin:0 auto', role: 'img', 'aria-label': 'precision against score'},
    [0, .5, 1].map(v => [s('line', {x1: 34, x2: 364, y1: y(v), y2: y(v), stroke: 'var(--line)'}),
      s('text', {x: 28, y: y(v) + 4, 'text-anchor': 'end'}, String(100 * v))]),
    error === null ? null : s('line', {x1: x(low), x2: x(high), y1: y(low), y2: y(high), stroke: 'var(--line)', 'stroke-dasharray': '4 4'}),
    s('polyline', {points: bins.map(b => `${x(b.score).toFixed(1)},${y(b.precision).toFixed(1)}`).join(' '), fill: 'none', stroke: 'var(--accent)', 'stroke-width': 2}),
    bins.map(b => s('circle', {cx: x(b.score), cy: y(b.precision), r: 4, fill: 'var(--accent)'},
      s('title', {}, `score about ${b.score}: ${percent(b.precision)}% of ${b.detections} right`))),
    s('text', {x: x(low), y: 138}, scoreText(low)), s('text', {x: x(high), y: 138, 'text-anchor': 'end'}, scoreText(high)),
    s('text', {x: 199, y: 150, 'text-anchor': 'middle'}, 'score'));
  return error === null ? chart : [chart, h('p', {class: 'caption'},
    `The dashed line is where a score is the probability of being right. On average, scores are ${percent(error)} points away from it (expected calibration error).`)];
}

// Confusions.
function confusion() {
  const size = data.classes.length, names = [...data.classes.map(c => c.name)];
  const off = new Map(), rowSum = new Map();
  for (const [t, d, n] of data.confusion) {
    rowSum.set(t, (rowSum.get(t) || 0) + n);
    if (t !== d) for (const i of [t, d]) if (i < size) off.set(i, (off.get(i) || 0) + n);
  }
  const MOST = 40;
  let shown = used.map(c => c.index);
  if (shown.length > MOST) shown = shown.sort((a, b) => (off.get(b) || 0) - (off.get(a) || 0)).slice(0, MOST).sort((a, b) => a - b);
  const place = new Map([...shown, size].map((index, at) => [index, at]));
  const n = shown.length + 1, cell = n > 26 ? 19 : 25, left = 108, top = 92;
  const rowName = i => i === size ? 'background' : names[i], columnName = i => i === size ? 'missed' : names[i];
  const cut = name => name.length > 15 ? name.slice(0, 14) + '\u2026' : name;
  const svg = s('svg', {viewBox: `0 0 ${left + n * cell + 56} ${top + n * cell + 4}`, style: `min-width:${Math.min(760, left + n * cell)}px;max-width:${left + n * cell + 160}px`, role: 'img', 'aria-label': 'confusion matrix'});
  for (const [index, at] of place) {
    svg.append(s('text', {x: left - 7, y: top + at * cell + cell / 2 + 4, 'text-anchor': 'end'}, cut(rowName(index))),
      s('text', {transform: `translate(${left + at * cell + cell / 2 + 4} ${top - 7}) rotate(-60)`}, cut(columnName(index))));
  }
  svg.append(s('rect', {x: left, y: top, width: n * cell, height: n * cell, fill: 'var(--faint)', rx: 4}));
  for (const [t, d, number] of data.confusion) {
    if (!place.has(t) || !place.has(d)) continue;
    const share = number / rowSum.get(t);
    svg.append(s('g', {}, s('rect', {x: left + place.get(d) * cell + .5, y: top + place.get(t) * cell + .5, width: cell - 1, height: cell - 1, rx: 2.5,
      fill: t === d ? 'var(--TP)' : t === size ? 'var(--Bkg)' : d === size ? 'var(--Miss)' : 'var(--Cls)', opacity: (.14 + .86 * Math.sqrt(share)).toFixed(2)}),
      s('text', {x: left + place.get(d) * cell + cell / 2, y: top + place.get(t) * cell + cell / 2 + 3.5, 'text-anchor': 'middle', style: `font-size:${cell > 20 ? 10 : 8}px;fill:var(--text)`}, number > 999 ? Math.round(number / 1000) + 'k' : String(number)),
      s('title', {}, `${number} of ${rowSum.get(t)} ${rowName(t)}: ${columnName(d)}`)));
  }
  const worst = data.confusion.filter(([t, d]) => t !== d && t < size && d < size).sort((a, b) => b[2] - a[2]).slice(0, 10);
  return h('div', {class: 'card beside'}, h('div', {class: 'scroll'}, svg),
    worst.length ? h('div', {}, h('h3', {}, 'Most often confused'),
      h('div', {class: 'chips'}, worst.map(([t, d, number]) => h('span', {class: 'chip', style: '--kind:var(--Cls)'}, `${names[t]} \u2192 ${names[d]} \u00b7 ${number}`)))) : null);
}
section('Confusions', 'Rows are what is there, columns what was detected at or above each class\u2019s best cut. Colour is the share of the row.', confusion());

// Sizes and aspects.
function parts(list, words) {
  return bars(list.map((p, i) => ({name: p.name, what: words[i], value: p.ap === null ? 0 : p.ap, colour: 'var(--accent)', text: percent(p.ap), note: `${count(p.found)} of ${count(p.objects)} found`})), 1);
}
section('Size and shape', 'AP, in percent, of parts of each class\u2019s objects: the smallest tenth, the next fifth, the middle two fifths, and so on; likewise from tall to wide.',
  h('div', {class: 'two'},
    h('div', {class: 'card'}, h('h3', {}, 'By area'), parts(data.size, ['smallest 10%', 'next 20%', 'middle 40%', 'next 20%', 'largest 10%'])),
    h('div', {class: 'card'}, h('h3', {}, 'By width over height'), parts(data.aspect, ['tallest 10%', 'next 20%', 'middle 40%', 'next 20%', 'widest 10%']))));

// Proposals.
if (data.proposals) {
  const p = data.proposals, share = (part, all) => all ? part / all : 0;
  const row = (name, what, missed, all) => ({name, what, value: share(missed, all), colour: kindColour('NoProp'),
    text: percent(share(missed, all)) + ' %', note: `${count(missed)} of ${count(all)}`});
  const rows = p.sources.map(s => row(s.name, `${(s.boxes / Math.max(1, sum.pictures)).toFixed(0)} boxes a picture`, s.missed, p.objects));
  if (p.sources.length > 1) rows.push(row('together', 'by none of them', p.missed, p.objects));
  const classes = p.classes.map(([c, objects, missed]) => row(data.classes[c].name, '', missed, objects)).sort((a, b) => b.value - a.value);
  section('Objects without a proposal', `What no proposal overlaps by ${p.iou}, nothing behind can find: ${p.missed} of ${p.objects} objects. ` +
    `Of the ${p.not_found} objects that no detection found, ${p.not_found_uncovered} had no proposal.`,
    h('div', {class: 'two'},
      h('div', {class: 'card'}, h('h3', {}, 'By where the proposals come from'), bars(rows, 1),
        h('h3', {style: 'margin-top:18px'}, 'By area of the object (32\u00b2 and 96\u00b2 pixels)'), bars(p.sizes.map(s => row(s.name, '', s.missed, s.objects)), 1)),
      classes.length ? h('div', {class: 'card'}, h('h3', {}, 'By class'), bars(classes.slice(0, 25), 1)) : null));
}

// Pictures.
function key(kinds) {
  return h('div', {class: 'key'}, kinds.map(kind => h('span', {style: `--kind:${kindColour(kind)};--dash:${kind === 'TP' ? 'solid' : 'dashed'}`}, KINDS[kind][0])));
}
function picture(item) {
  return h('button', {class: 'card shot', onclick: () => open(item)}, h('div', {class: 'view'}, view(item, true)),
    h('div', {class: 'text'}, h('b', {}, h('span', {}, `F1 ${percent(item.f1, 0)}%`), h('span', {class: 'caption'}, `${item.found} right, ${item.wrong} wrong, ${item.missed} missed`)), h('span', {class: 'id', title: item.id}, item.id)));
}
const ranks = rank => data.pictures.filter(p => p.rank === rank).map(picture);
if (data.pictures.length) {
  section('Best pictures', 'By the F1 of a picture\u2019s detections at or above their class\u2019s best cut.', key(['TP', 'Cls', 'Loc', 'Both', 'Dupe', 'Bkg', 'Miss']), h('div', {class: 'pictures', id: 'best'}, ranks('best')));
  section('Worst pictures', null, h('div', {class: 'pictures', id: 'worst'}, ranks('worst')));
}

// Gallery.
const STEP = 120;
const scores = data.gallery.filter(g => g.score !== null).map(g => g.score);
const lowest = scores.length ? Math.min(...scores) : 0, highest = scores.length ? Math.max(...scores) : 1;
const kinds = ['TP', 'Cls', 'Loc', 'Both', 'Dupe', 'Bkg', 'Miss', 'NoProp'].filter(kind => data.gallery.some(g => g.kind === kind));
const chosen = new Set(state.get('kind') ? state.get('kind').split(',').filter(kind => kinds.includes(kind)) : kinds);
// Kinds take turns, each by falling score, so that the first pictures show something of everything.
const turns = kinds.flatMap(kind => data.gallery.filter(g => g.kind === kind).sort((a, b) => b.score - a.score).map((item, turn) => ({item, turn})));
const ordered = turns.sort((a, b) => a.turn - b.turn).map(({item}) => item);
let limit = STEP;
const grid = h('div', {class: 'gallery', id: 'gallery'});
const shown = h('output', {id: 'shown', class: 'caption'});
const more = h('button', {class: 'more', onclick: () => { limit += STEP; filter(); }}, 'show more');
const classPick = h('select', {id: 'class', 'aria-label': 'class', onchange: () => { remember('class', classPick.value === '' ? null : data.classes[classPick.value].name); limit = STEP; filter(); }},
  h('option', {value: ''}, 'all classes'), used.map(c => h('option', {value: c.index}, c.name)));
const slider = h('input', {type: 'range', id: 'score', min: lowest, max: highest, step: (highest - lowest) / 200 || 1, value: lowest, 'aria-label': 'least score', oninput: () => { remember('score', slider.value); limit = STEP; filter(); }});
const sliderText = h('span', {});
const chips = kinds.map(kind => h('button', {class: 'chip', style: `--kind:${kindColour(kind)}`, 'data-kind': kind, 'aria-pressed': 'true', onclick: () => {
  if (chosen.has(kind)) chosen.delete(kind); else chosen.add(kind);
  remember('kind', [...chosen].join(',')); limit = STEP; filter(); }}, KINDS[kind][0]));
function card(item) {
  const c = data.classes[item.class];
  return h('button', {class: 'card shot', onclick: () => open(item)}, h('div', {class: 'view'}, view(item, false)),
    h('div', {class: 'text', style: `--kind:${kindColour(item.kind)}`},
      h('b', {}, h('span', {title: c.name}, c.name), h('span', {}, item.score === null ? '' : scoreText(item.score))),
      h('span', {class: 'kind'}, KINDS[item.kind][0]), h('span', {class: 'id', title: item.note}, item.note), h('span', {class: 'id', title: item.id}, item.id)));
}
function filter() {
  const least = Number(slider.value), wanted = classPick.value;
  const matching = ordered.filter(g => chosen.has(g.kind) && (wanted === '' || g.class === Number(wanted)) && (g.score === null || g.score >= least - 1e-9));
  for (const chip of chips) chip.setAttribute('aria-pressed', String(chosen.has(chip.dataset.kind)));
  sliderText.textContent = scoreText(least);
  shown.textContent = `${matching.length} of ${data.gallery.length}`;
  grid.replaceChildren(...(matching.length ? matching.slice(0, limit).map(card) : [h('p', {class: 'lead', id: 'none'}, 'Nothing has this class, kind and score.')]));
  more.hidden = matching.length <= limit;
  more.style.display = more.hidden ? 'none' : '';
}
function pickClass(index) {
  classPick.value = String(index);
  classPick.onchange ? classPick.onchange() : classPick.dispatchEvent(new Event('change'));
  document.getElementById('gallery-top').scrollIntoView({behavior: 'smooth'});
}
if (data.gallery.length) {
  section('Gallery', 'The best-scored detections of each class and kind, and the largest of the missed objects. White dashes are the true object.', h('div', {id: 'gallery-top'}),
    h('div', {class: 'filters'}, classPick, h('div', {class: 'chips'}, chips), h('label', {}, 'score from', slider, sliderText), shown), grid, more);
  const named = data.classes.findIndex(c => c.name === state.get('class'));
  if (named >= 0) classPick.value = String(named);
  if (state.has('score')) slider.value = state.get('score');
  filter();
}
const opensGallery = data.gallery.length > 0 && ['class', 'kind', 'score'].some(key => state.has(key));

// Configuration.
if (data.configuration.length) {
  section('Configuration', null, h('div', {class: 'card'}, h('dl', {}, data.configuration.map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]))));
}
main.append(h('footer', {}, 'Made by deeper evaluate --report. This file needs nothing else and asks for nothing.'));
// An address with filters is of the gallery.
if (opensGallery) document.getElementById('gallery-top').scrollIntoView();
root.dataset.ready = '1';
