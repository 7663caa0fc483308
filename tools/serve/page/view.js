'use strict';
// A picture with its boxes, drawn as `deeper show` draws them: on the page, and to be kept.

// Lines and letters grow with the picture's shorter side (eval/drawing/draw.cc).
function styleOf(picture) {
  const side = Math.min(picture.width, picture.height);
  return {line: Math.max(side < 150 ? 1 : 2, Math.round(side * 0.005)), letter: Math.max(side < 200 ? 7 : 9, side * 0.024) * 1.38};
}

const ruler = document.createElement('canvas').getContext('2d');
function widthOf(text, letter) {
  ruler.font = `600 ${letter}px system-ui, "DejaVu Sans", sans-serif`;
  return ruler.measureText(text).width;
}

// Places of the labels: above the box, else inside or below it, where they cover the fewest others.
function placeLabels(picture, marks) {
  const {letter} = styleOf(picture), height = letter * 1.3, taken = [];
  return marks.map(({box: [x0, y0, x1, y1], text}) => {
    const width = Math.min(widthOf(text, letter) + letter * .6, picture.width);
    let best = null;
    for (const wanted of [x0, x1 - width]) for (const y of [y0 - height, y0, y1, y1 - height]) {
      if (y < 0 || y + height > picture.height) continue;
      const x = Math.min(Math.max(0, wanted), picture.width - width);
      const covered = taken.reduce((sum, t) => sum + Math.max(0, Math.min(x + width, t.x + t.width) - Math.max(x, t.x)) * Math.max(0, Math.min(y + height, t.y + t.height) - Math.max(y, t.y)), 0);
      if (!best || covered < best.covered) best = {x, y, width, height, covered};
    }
    const place = best || {x: Math.min(Math.max(0, x0), picture.width - width), y: 0, width, height};
    taken.push(place);
    return place;
  });
}

const textOf = item => item.score === undefined ? item.class : `${item.class} ${scoreText(item.score)}`;
const marksOf = items => items.map(item => {
  const looks = looksOf(item);
  return {box: item.box, text: textOf(item), colour: looks ? looks.colour : colourOf(item.class), dashed: Boolean(looks && looks.dashed), words: looks ? `${textOf(item)}, ${looks.words}` : textOf(item), item};
});

// The picture as SVG. on(item, event) is told of clicks and keys on a box.
function drawing(picture, items, on) {
  const {line, letter} = styleOf(picture), marks = marksOf(items), places = placeLabels(picture, marks);
  const svg = s('svg', {viewBox: `0 0 ${picture.width} ${picture.height}`, role: 'group', 'aria-label': `${picture.id}, ${items.length} boxes`},
    s('image', {href: picture.url, width: picture.width, height: picture.height, preserveAspectRatio: 'none'}));
  svg.style.setProperty('--thick', 2 * line);
  if (comparing) for (const {box: [x0, y0, x1, y1]} of foundObjectsOf(items)) svg.append(s('rect', {class: 'region', x: x0, y: y0, width: x1 - x0, height: y1 - y0, 'stroke-width': line / 2}));
  marks.map((mark, i) => {  // the best scores last, on top
    const [x0, y0, x1, y1] = mark.box, place = places[i];
    const rect = {x: x0, y: y0, width: Math.max(0, x1 - x0), height: Math.max(0, y1 - y0)};
    const group = s('g', {class: mark.item === chosen ? 'box chosen' : 'box', tabindex: 0, role: 'button', 'aria-label': mark.words, 'aria-pressed': String(mark.item === chosen)},
      s('rect', {...rect, class: 'halo', fill: 'none', stroke: inkOn(mark.colour), 'stroke-width': 1.8 * line}),
      s('rect', {...rect, class: 'frame', stroke: mark.colour, 'stroke-width': line, 'stroke-dasharray': mark.dashed ? 3 * line : 'none'}),
      s('rect', {...place, fill: mark.colour}),
      s('text', {x: place.x + letter * .3, y: place.y + letter * .98, 'font-size': letter, fill: inkOn(mark.colour)}, mark.text));
    group.item = mark.item;
    group.addEventListener('click', event => on(mark.item, event));
    group.addEventListener('keydown', event => { if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); on(mark.item, event); } });
    return group;
  }).reverse().forEach(group => svg.append(group));
  const region = chosen && regions.get(chosen);
  if (region) {
    const [x0, y0, x1, y1] = region;
    svg.append(s('rect', {class: 'region', x: x0, y: y0, width: x1 - x0, height: y1 - y0, 'stroke-width': line, 'stroke-dasharray': 3 * line}));
  }
  return svg;
}

// The picture with its boxes as a JPEG file.
async function annotated(picture, items) {
  const image = new Image();
  image.src = picture.url;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = picture.width;
  canvas.height = picture.height;
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0, picture.width, picture.height);
  const {line, letter} = styleOf(picture), marks = marksOf(items), places = placeLabels(picture, marks);
  for (let i = marks.length; i-- > 0;) {
    const {box: [x0, y0, x1, y1], text, colour, dashed} = marks[i], place = places[i];
    for (const [width, stroke] of [[1.8 * line, inkOn(colour)], [line, colour]]) {
      context.lineWidth = width;
      context.strokeStyle = stroke;
      context.setLineDash(dashed && stroke === colour ? [3 * line] : []);
      context.strokeRect(x0, y0, x1 - x0, y1 - y0);
    }
    context.fillStyle = colour;
    context.fillRect(place.x, place.y, place.width, place.height);
    context.font = `600 ${letter}px system-ui, "DejaVu Sans", sans-serif`;
    context.fillStyle = inkOn(colour);
    context.fillText(text, place.x + letter * .3, place.y + letter * .98, place.width);
  }
  return new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.92));
}
