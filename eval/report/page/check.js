const KINDS = {Cls: ['the box that is meant', '']};

// Summary.
const sum = data.summary;
const faults = data.faults.filter(fault => fault.count);
const wrong = faults.reduce((total, fault) => total + fault.count, 0);
document.title = `${sum.data} \u2013 ${wrong ? count(wrong) + ' faults' : 'nothing is wrong'}`;
const size = pair => pair ? `${pair[0]} \u00d7 ${pair[1]}` : '\u2013';
const side = value => value === null ? '\u2013' : `${Math.round(value)} px`;
document.getElementById('top').append(
  h('div', {class: 'top'}, h('h1', {}, `${sum.data} \u00b7 data set`), themeButton()),
  h('div', {class: 'hero'},
    h('div', {class: 'card'}, h('div', {class: 'map', id: 'wrong'}, count(wrong), h('small', {}, wrong === 1 ? ' fault' : ' faults')),
      h('div', {class: 'caption'}, wrong ? `of ${faults.length} ${faults.length === 1 ? 'kind' : 'kinds'}` : 'Nothing is wrong.')),
    h('div', {class: 'tiles'}, [
      ['pictures', count(sum.pictures)], ['objects', count(sum.objects)], ['classes', count(data.classes.length)],
      ['median picture', size(sum.picture_sizes && sum.picture_sizes.median)],
      ['median box, by its area', side(sum.box_sides && sum.box_sides.median)],
      ['pictures without objects', count(sum.without)]].map(([name, value]) =>
      h('div', {class: 'card tile'}, h('b', {}, value), h('span', {}, name))))));

// Sets.
function table(headings, rows, id) {
  return h('div', {class: 'card scroll'}, h('table', {id}, h('thead', {}, h('tr', {}, headings.map(text => h('th', {}, text)))),
    h('tbody', {}, rows.map(row => h('tr', {}, row.map((cell, i) => h('td', i ? {} : {class: 'name', title: cell}, typeof cell === 'number' ? count(cell) : cell)))))));
}
section('Sets', sum.turned ? `${count(sum.turned)} pictures are annotated as stored, though their EXIF orientation turns them; their boxes are turned too.` : null,
  table(['set', 'pictures', 'without objects', 'objects'], data.sets.map(set => [set.name, set.pictures, set.without, set.objects]), 'sets'));

// Faults.
function placesOf(fault) {
  const several = data.sets.length > 1;
  return h('div', {class: 'card scroll', style: 'margin-top:12px'}, h('table', {}, h('tbody', {}, fault.places.map(([set, where, what]) =>
    h('tr', {}, several ? h('td', {}, set) : null, h('td', {style: 'text-align:left'}, where), h('td', {style: 'text-align:left;white-space:normal'}, what))))),
    fault.count > fault.places.length ? h('p', {class: 'caption'}, `and ${count(fault.count - fault.places.length)} more: deeper check --json lists all`) : null);
}
function shot(item) {
  return h('button', {class: 'card shot', onclick: () => open(item)}, h('div', {class: 'view'}, view(item, false)),
    h('div', {class: 'text'}, h('b', {}, h('span', {title: item.id}, item.id), h('span', {}, item.set)), h('span', {class: 'id', title: item.note}, item.note)));
}
if (faults.length) {
  const most = Math.max(...faults.map(fault => fault.count));
  section('What is wrong', null, h('div', {class: 'card', id: 'faults'},
    bars(faults.map(fault => ({name: fault.title, value: fault.count, colour: 'var(--Cls)', text: count(fault.count)})), most)));
}
for (const fault of faults) {
  section(fault.title.charAt(0).toUpperCase() + fault.title.slice(1), null,
    fault.views.length ? h('div', {class: 'gallery'}, fault.views.map(shot)) : null, placesOf(fault));
}

// Classes.
const several = data.sets.length > 1;
section('Classes', null, table(
  ['class', 'objects', 'pictures', ...(several ? data.sets.map(set => `in ${set.name}`) : [])],
  data.classes.map(c => [c.name, c.objects, c.pictures, ...(several ? c.sets : [])]), 'classes'));
for (const c of data.classes.filter(c => c.sheet)) {
  main.append(h('section', {}, h('h3', {style: 'margin:26px 0 10px'}, `${c.name} \u00b7 ${count(c.objects)} objects`),
    h('img', {class: 'sheet', src: 'data:image/jpeg;base64,' + c.sheet, alt: `objects of ${c.name}`, style: 'max-width:100%;border-radius:14px;display:block'})));
}
main.append(h('footer', {}, 'Made by deeper check --report. This file needs nothing else and asks for nothing.'));
root.dataset.ready = '1';
