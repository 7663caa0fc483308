'use strict';
// What all parts of the page share: requests, colours, the state.
const root = document.documentElement;
root.dataset.errors = '0';
for (const kind of ['error', 'unhandledrejection']) {
  addEventListener(kind, () => { root.dataset.errors = String(Number(root.dataset.errors) + 1); });
}

const $ = id => document.getElementById(id);

// The token stands behind '#', which browsers do not send; it is kept for this tab.
const given = new URLSearchParams(location.hash.slice(1)).get('token');
if (given) { sessionStorage.setItem('token', given); history.replaceState(null, '', location.pathname); }
const token = sessionStorage.getItem('token');

// The answer to a request; where there is none, an Error with the server's reason.
async function ask(path, options = {}) {
  const headers = {...options.headers};
  if (token) headers.Authorization = 'Bearer ' + token;
  let answer;
  try {
    answer = await fetch(path, {...options, headers});
  } catch {
    throw new Error('the server does not answer; was it stopped?');
  }
  if (answer.ok) return answer;
  let reason = `status ${answer.status}`;
  try { reason = (await answer.json()).error; } catch { /* no JSON */ }
  const error = new Error(reason);
  error.status = answer.status;
  error.after = Number(answer.headers.get('Retry-After')) || 0;
  throw error;
}
const wait = seconds => new Promise(done => setTimeout(done, 1000 * seconds));

function say(text, bad = false) {
  $('status').textContent = text;
  $('status').className = bad ? 'bad' : '';
}

function setTheme(theme) {
  const dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.dataset.theme = dark ? 'dark' : 'light';
}
setTheme(localStorage.getItem('theme'));
$('theme').onclick = () => {
  const theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
  localStorage.setItem('theme', theme);
  setTheme(theme);
};

// Of /model: the classes' colours, as `deeper show` has them, and the scores from which it draws.
let model = {classes: [], models: []};
let byName = new Map();
const colourOf = name => (byName.get(name) || {colour: '#ffd400'}).colour;
// Black or white, whichever stands out more on the colour (WCAG 2, contrast ratio).
function inkOn(colour) {
  const linear = at => {
    const c = parseInt(colour.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(1) + 0.7152 * linear(3) + 0.0722 * linear(5) >= 0.179 ? '#000' : '#fff';
}
const scoreText = value => value.toFixed(2).replace(/^-0\.00$/, '0.00');

// Pictures: {id, blob or path, url, width, height, record, error, boxes (annotations), ...}.
const pictures = [];
let current = -1;
const regions = new WeakMap();  // of detections that were explained: the proposal
let chosen = null;  // a box of the current picture: a detection, or one that is edited
const off = new Set();  // names of classes that are not shown
let least = null;  // the score from which boxes are shown; null: each class's usual one
const isShown = detection => !off.has(detection.class) &&
  detection.score >= (least ?? (byName.get(detection.class) || {operating_point: 0}).operating_point);
const shownOf = picture => picture.record ? picture.record.detections.filter(isShown) : [];
