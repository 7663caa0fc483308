'use strict';
// What is found beside what is true, in the colours of `deeper show --data` (eval/drawing/picture_marks.h).
const verdictLooks = {
  found: {colour: '#009e73', words: 'found'},
  duplicate: {colour: '#56b4e9', words: 'found again', dashed: true},
  class: {colour: '#d55e00', words: 'another class', dashed: true},
  place: {colour: '#d55e00', words: 'badly placed', dashed: true},
  both: {colour: '#d55e00', words: 'another class, badly placed', dashed: true},
  background: {colour: '#d55e00', words: 'nothing there', dashed: true},
  ignored: {colour: '#a0a0a0', words: 'counts neither way'},
  missed: {colour: '#f0e442', words: 'missed', dashed: true},
};
const wrongVerdicts = new Set(['class', 'place', 'both', 'background']);

let comparing = false;
const verdicts = new WeakMap();  // of detections and missed objects: a key of verdictLooks
const objectOf = new WeakMap();  // of detections: the true object that decided
const looksOf = item => comparing ? verdictLooks[verdicts.get(item)] : undefined;

// The truth of a picture that has its record; where it does not fit that is said, and the picture is shown without.
async function loadTruth(picture) {
  if (!picture.has_truth || !picture.record || picture.truth) return;
  let answer;
  try {
    answer = await (await ask('truth/' + picture.number, {method: 'POST', body: JSON.stringify(picture.record)})).json();
  } catch (error) {
    picture.has_truth = false;
    return say(error.message, true);
  }
  picture.truth = answer.objects;
  for (const object of picture.truth) verdicts.set(object, 'missed');
  answer.detections.forEach(({verdict, object}, i) => {
    verdicts.set(picture.record.detections[i], verdict);
    if (object !== undefined) objectOf.set(picture.record.detections[i], picture.truth[object]);
  });
}

// The true boxes of what is found.
const foundObjectsOf = items => items.filter(item => verdicts.get(item) === 'found').map(item => objectOf.get(item));

// What is shown with the truth: the detections that the filters let through, then what these miss. A verdict does not depend
// on detections of lower scores, so hiding those changes no other.
function comparedOf(picture) {
  const shown = shownOf(picture), found = new Set(foundObjectsOf(shown));
  return [...shown, ...picture.truth.filter(object => object.counts && !found.has(object) && !off.has(object.class))];
}
function countText(items) {
  const count = keys => items.filter(item => keys.has(verdicts.get(item))).length;
  const parts = [[count(new Set(['found'])), 'found'], [count(wrongVerdicts), 'false'], [count(new Set(['duplicate'])), 'found again'], [count(new Set(['missed'])), 'missed']];
  return parts.filter(([number, words]) => number || words === 'found').map(([number, words]) => `${number} ${words}`).join(', ');
}

function setComparing(on) {
  comparing = on;
  if (on && editing) setEditing(false);
  $('truth').setAttribute('aria-pressed', String(on));
  show();
}
$('truth').onclick = () => setComparing(!comparing);
