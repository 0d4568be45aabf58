// The audience's page: shows the slide of the talk as the server sends it.

import { follow } from './link.js';

const root = document.documentElement;
const element = (id) => document.getElementById(id);
const slide = element('slide');
const status = element('status');
const narrow = matchMedia('(max-width: 40rem) and (orientation: portrait)');
let codes = JSON.parse(element('codes').textContent);
let shown = null;
let waiting = null;
let isHeld = false;

// A reader who marks text keeps it until the mark is gone.
function isMarking() {
  const selection = getSelection();
  return !selection.isCollapsed && slide.contains(selection.anchorNode);
}

function update() {
  if (!waiting || isHeld || isMarking()) return;
  const state = waiting;
  waiting = null;
  const isSame = shown && shown.slide === state.slide && shown.step === state.step;
  const { scrollTop } = slide;
  codes = state.codes;
  element('rules').textContent = state.rules;
  // The server has escaped the texts of the deck, and the page's policy lets no script in it run.
  slide.innerHTML = state.html;
  slide.setAttribute('aria-label', label(state));
  element('place').textContent = state.slide + ' / ' + state.slides;
  slide.scrollTop = shown && shown.slide === state.slide ? scrollTop : 0;
  if (!isSame) status.textContent = label(state) + steps(state);
  shown = state;
  makeScrollable();
}
const label = ({ slide: number, slides, title }) => 'Slide ' + number + ' of ' + slides + (title ? ': ' + title : '');
const steps = ({ step, steps: count }) => (count > 1 ? ', step ' + step + ' of ' + count : '');

function read(wanted) {
  root.classList.toggle('reading', wanted);
  element('read').setAttribute('aria-pressed', String(wanted));
  makeScrollable();
}

// Wide code scrolls sideways, also by keys.
function makeScrollable() {
  for (const pre of slide.querySelectorAll('pre, table')) {
    if (root.classList.contains('reading') && pre.scrollWidth > pre.clientWidth) pre.tabIndex = 0;
    else pre.removeAttribute('tabindex');
  }
}

slide.addEventListener('click', (event) => {
  const button = event.target.closest('.copy');
  if (button) copy(button);
});
element('read').addEventListener('click', () => read(!root.classList.contains('reading')));
element('hold').addEventListener('click', () => {
  isHeld = !isHeld;
  root.classList.toggle('held', isHeld);
  element('hold').setAttribute('aria-pressed', String(isHeld));
  update();
});
document.addEventListener('selectionchange', update);
narrow.addEventListener('change', () => read(narrow.matches));

let sleeping;
function awake() {
  root.classList.add('active');
  clearTimeout(sleeping);
  sleeping = setTimeout(() => root.classList.remove('active'), 2500);
}
addEventListener('pointermove', awake);
addEventListener('pointerdown', awake);

root.classList.add('js');
read(narrow.matches);
awake();
follow('/events', {}, {
  onState(state) {
    waiting = state;
    update();
  },
  onLink(isLinked) { element('lost').hidden = isLinked; },
  onRefused() { element('lost').hidden = false; },
});
