'use strict';
// Boxes moved, drawn, deleted and renamed, and saved as annotations after every change.
let editing = false;
let canEdit = false;  // the server was started with --annotations
let drag = null;

const boxesOf = picture => editing ? picture.boxes : comparing && picture.truth ? comparedOf(picture) : shownOf(picture);
const copyOf = boxes => boxes.map(b => ({...b, box: [...b.box]}));

// The annotations of the current picture: those that are saved, else what is shown of the detections.
async function loadBoxes(picture) {
  if (picture.boxes) return;
  try {
    const saved = await (await ask('annotations/' + encodeURIComponent(picture.id))).json();
    if (saved.picture_bytes !== (await blobOf(picture)).size) {
      throw new Error(`another picture called ${picture.id} is annotated already; rename one of them`);
    }
    picture.boxes = saved.objects;
    picture.isSaved = true;
  } catch (error) {
    if (error.status !== 404) throw error;
    picture.boxes = shownOf(picture).map(d => ({class: d.class, box: d.box.map(Math.round)}));
  }
  picture.undo = [];
}

async function setEditing(wanted) {
  const picture = pictures[current];
  if (wanted && picture) {
    try {
      await loadBoxes(picture);
    } catch (error) {
      return say(error.message, true);
    }
  }
  editing = wanted;
  if (editing) comparing = false;
  $('truth').setAttribute('aria-pressed', String(comparing));
  chosen = null;
  $('edit').setAttribute('aria-pressed', String(editing));
  $('undo').hidden = $('save').hidden = !editing;
  $('save-annotations').hidden = !editing;
  $('view').classList.toggle('editing', editing);
  show();
  if (editing) say(picture.isSaved ? 'These are the saved annotations.' : 'Drag to draw or move, Delete to remove. Every change is saved, and Save keeps them as they are.');
}

// Before a change: what undo brings back.
function remember(picture) {
  picture.undo.push(copyOf(picture.boxes));
  if (picture.undo.length > 200) picture.undo.shift();
}

// One request at a time a picture, the last state last.
async function save(picture) {
  picture.isDirty = true;
  if (picture.isSaving) return;
  picture.isSaving = true;
  root.dataset.saving = '1';
  try {
    while (picture.isDirty) {
      picture.isDirty = false;
      say('Saving...');
      const form = new FormData();
      form.append('annotations', JSON.stringify({width: picture.width, height: picture.height, objects: picture.boxes}));
      if (!picture.isSaved) form.append('picture', await blobOf(picture), picture.file || picture.id);
      await ask('annotations/' + encodeURIComponent(picture.id), {method: 'PUT', body: form});
      picture.isSaved = true;
    }
    say(`Saved: ${picture.boxes.length} boxes of ${picture.id}.`);
  } catch (error) {
    picture.isDirty = true;
    say('Not saved: ' + error.message, true);
  }
  picture.isSaving = false;
  root.dataset.saving = String(Number(pictures.some(p => p.isSaving)));
}
// Nothing is lost when the page is closed while a change could not be saved.
addEventListener('beforeunload', event => { if (pictures.some(p => p.isDirty || p.isSaving)) event.preventDefault(); });

function changed() {
  const picture = pictures[current];
  show();
  save(picture);
}

function undo() {
  const picture = pictures[current];
  if (!editing || !picture.undo.length) return say('Nothing to undo.');
  picture.boxes = picture.undo.pop();
  chosen = null;
  changed();
}

function removeChosen() {
  const picture = pictures[current];
  if (!editing || !chosen) return;
  remember(picture);
  picture.boxes = picture.boxes.filter(box => box !== chosen);
  chosen = null;
  changed();
}

function rename(name) {
  const clean = name.trim();
  if (!editing || !chosen || !clean || clean === chosen.class) return;
  remember(pictures[current]);
  chosen.class = clean;
  changed();
}

// Pixels of the picture under the pointer.
function pixelAt(event) {
  const svg = $('view').querySelector('svg'), picture = pictures[current];
  const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  return [Math.min(Math.max(0, Math.round(point.x)), picture.width), Math.min(Math.max(0, Math.round(point.y)), picture.height)];
}

// The box with a corner or an edge moved, its corners in order.
function tidy([x0, y0, x1, y1]) {
  return [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)];
}
function moved(box, dx, dy, picture) {
  const x = Math.min(Math.max(dx, -box[0]), picture.width - box[2]), y = Math.min(Math.max(dy, -box[1]), picture.height - box[3]);
  return [box[0] + x, box[1] + y, box[2] + x, box[3] + y];
}

// Squares at the corners of the chosen box.
function addHandles(svg, picture) {
  if (!editing || !chosen) return;
  const size = Math.max(6, Math.min(picture.width, picture.height) / 40), [x0, y0, x1, y1] = chosen.box;
  for (const [x, y, corner] of [[x0, y0, [0, 1]], [x1, y0, [2, 1]], [x0, y1, [0, 3]], [x1, y1, [2, 3]]]) {
    const handle = s('rect', {class: 'handle', x: x - size / 2, y: y - size / 2, width: size, height: size, 'stroke-width': size / 8});
    handle.corner = corner;
    svg.append(handle);
  }
}

$('view').addEventListener('pointerdown', event => {
  if (!editing || event.button > 0) return;
  const picture = pictures[current], at = pixelAt(event);
  const handle = event.target.corner, group = event.target.closest('.box');
  drag = {at, before: copyOf(picture.boxes), corner: handle, moved: false};
  if (handle) {
    drag.item = chosen;
  } else if (group) {
    chosen = drag.item = group.item;
  } else {
    drag.isNew = true;
    drag.item = {class: chosen ? chosen.class : $('class').value.trim() || (model.classes[0] || {name: 'object'}).name, box: [...at, ...at]};
  }
  drag.box = [...drag.item.box];
  try { $('view').setPointerCapture(event.pointerId); } catch { /* a pointer made by a script */ }
  event.preventDefault();
});
$('view').addEventListener('pointermove', event => {
  if (!drag) return;
  const picture = pictures[current], [x, y] = pixelAt(event), dx = x - drag.at[0], dy = y - drag.at[1];
  if (!drag.moved && Math.abs(dx) + Math.abs(dy) < 3) return;
  if (!drag.moved && drag.isNew) picture.boxes.push(drag.item);
  drag.moved = true;
  chosen = drag.item;
  if (drag.isNew) {
    drag.item.box = tidy([...drag.at, x, y]);
  } else if (drag.corner) {
    const box = [...drag.box];
    box[drag.corner[0]] = x;
    box[drag.corner[1]] = y;
    drag.item.box = tidy(box);
  } else {
    drag.item.box = moved(drag.box, dx, dy, picture);
  }
  show();
});
addEventListener('pointerup', () => {
  if (!drag) return;
  const {before, moved: isMoved, item} = drag, picture = pictures[current];
  drag = null;
  const [x0, y0, x1, y1] = item.box;
  if (isMoved && (x1 - x0 < 2 || y1 - y0 < 2)) {  // no box: as before
    picture.boxes = before;
    chosen = null;
    return show();
  }
  if (!isMoved) return show();
  picture.undo.push(before);
  changed();
});

// Arrows move the chosen box, with Ctrl its lower right corner; with Shift by 10 pixels.
function nudge(event) {
  const step = event.shiftKey ? 10 : 1, picture = pictures[current];
  const [dx, dy] = {ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step]}[event.key];
  remember(picture);
  if (event.ctrlKey) {
    const [x0, y0, x1, y1] = chosen.box;
    chosen.box = [x0, y0, Math.min(picture.width, Math.max(x0 + 2, x1 + dx)), Math.min(picture.height, Math.max(y0 + 2, y1 + dy))];
  } else {
    chosen.box = moved(chosen.box, dx, dy, picture);
  }
  changed();
}

$('edit').onclick = () => setEditing(!editing);
$('undo').onclick = undo;
$('save').onclick = () => save(pictures[current]);
$('save-annotations').onclick = () => keepAnswer('annotations?to=coco', {}, 'annotations.coco.json');
$('remove').onclick = removeChosen;
$('class').onchange = () => rename($('class').value);
