'use strict';
(() => {
const root = document.documentElement;
const $ = (selector, within = document) => within.querySelector(selector);
const slides = [...document.querySelectorAll('main > section')].map((section) => ({
  section,
  number: Number(section.dataset.number),
  pages: [...section.querySelectorAll('.page')],
}));
const codes = JSON.parse($('#codes').textContent);
const status = $('.status');
const narrow = matchMedia('(max-width: 40rem) and (orientation: portrait)');
let at = 0;
let step = 0;

const current = () => slides[at];
const clamp = (number, most) => Math.max(0, Math.min(most, number));
const has = (name) => root.classList.contains(name);

// ---- where the talk is

function show(slide, to, options = {}) {
  const before = current();
  at = clamp(slide, slides.length - 1);
  step = clamp(to, current().pages.length - 1);
  for (const [index, { section, pages }] of slides.entries()) {
    section.classList.toggle('on', index === at);
    if (index === at) pages.forEach((page, number) => page.classList.toggle('on', number === step));
  }
  updateFocus();
  if (options.silent) return;
  const { section, number, pages } = current();
  const hash = '#' + number + (step < pages.length - 1 ? '.' + (step + 1) : '');
  if (hash !== location.hash) {
    const change = options.jump ? 'pushState' : 'replaceState';
    history[change](null, '', hash);
  }
  const of = pages.length > 1 ? ', step ' + (step + 1) + ' of ' + pages.length : '';
  status.textContent = 'Slide ' + number + ' of ' + slides.at(-1).number + of;
  if (before !== current()) {
    section.scrollTop = 0;
    section.focus({ preventScroll: true });
    unmark();
  }
  if (has('overview')) section.scrollIntoView({ block: 'nearest' });
}

// `#7` is slide 7, `#7.2` its second step; `#slide-6` is the same slide counted from 0.
function readHash() {
  const found = /^#(\d+)(?:\.(\d+))?$/.exec(location.hash);
  const other = /^#slide-(\d+)$/.exec(location.hash);
  const number = found ? Number(found[1]) : other ? Number(other[1]) + 1 : slides[0].number;
  const slide = slides.findIndex((it) => it.number >= number);
  const whole = found || other ? Infinity : 0;
  show(slide < 0 ? slides.length - 1 : slide, found && found[2] ? found[2] - 1 : whole, { silent: true });
  status.textContent = '';
}

// Slides and notes that scroll can be focused, so that the keyboard reaches all of them.
function updateFocus() {
  for (const notes of document.querySelectorAll('.notes')) {
    if (notes.scrollHeight > notes.clientHeight) notes.tabIndex = 0;
    else notes.removeAttribute('tabindex');
  }
  if (has('overview')) return;
  for (const { section } of slides) section.tabIndex = -1;
  if (scrolls()) current().section.tabIndex = 0;
}

const scrolls = () => {
  const { section } = current();
  return section.scrollHeight - section.clientHeight > 2 ? section : null;
};
function scroll(part) {
  const section = scrolls();
  if (!section) return false;
  const before = section.scrollTop;
  section.scrollBy(0, section.clientHeight * part);
  return Math.abs(section.scrollTop - before) > 1;
}
function next() {
  if (has('overview')) return show(at + 1, Infinity);
  if (!has('reading') && scroll(0.5)) return;
  if (step + 1 < current().pages.length) return show(at, step + 1);
  if (at + 1 < slides.length) show(at + 1, 0);
}
function back() {
  if (has('overview')) return show(at - 1, Infinity);
  if (!has('reading') && scroll(-0.5)) return;
  if (step > 0) return show(at, step - 1);
  if (at > 0) show(at - 1, Infinity);
}
const nextSlide = () => show(at + 1, 0);
const previousSlide = () => show(at - 1, Infinity);
const jump = (slide, to = 0) => show(slide, to, { jump: true });

// ---- views

function toggle(name, wanted = !has(name)) {
  root.classList.toggle(name, wanted);
  const button = { overview: 'overview', reading: 'read', 'with-notes': 'notes' }[name];
  $('[data-do=' + button + ']').setAttribute('aria-pressed', String(wanted));
  for (const pre of document.querySelectorAll('.page pre')) {
    if (has('reading')) pre.tabIndex = 0; else pre.removeAttribute('tabindex');
  }
  updateFocus();
}
let wasReading = false;
function overview(wanted = !has('overview')) {
  if (wanted === has('overview')) return;
  // Miniatures are of slides.
  if (wanted) wasReading = has('reading');
  toggle('reading', !wanted && wasReading);
  toggle('overview', wanted);
  for (const { section, pages } of slides) {
    section.tabIndex = wanted ? 0 : -1;
    // The text is too small to be read; each slide has a label.
    for (const page of pages) page.toggleAttribute('inert', wanted);
  }
  current().section.focus({ preventScroll: true });
  if (wanted) current().section.scrollIntoView({ block: 'center' });
}
const read = () => {
  overview(false);
  toggle('reading');
};
const notes = () => (has('has-notes') ? toggle('with-notes') : nextSlide());
const help = () => {
  for (const row of document.querySelectorAll('.only-notes')) row.hidden = !has('has-notes');
  for (const row of document.querySelectorAll('.without-notes')) row.hidden = has('has-notes');
  $('#help').showModal();
};
const fullScreen = () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else root.requestFullscreen?.();
};

// ---- search

const searchBox = $('#search');
const query = $('input', searchBox);
const results = $('#results');
let chosen = 0;
const words = slides.map(({ pages }) =>
  [...pages.at(-1).querySelectorAll('.r')].filter((row) => !row.closest('.d, .k'))
    .map((row) => row.textContent).join(' ').replace(/\s+/g, ' ').trim());

function find() {
  const wanted = query.value.trim().toLowerCase();
  results.replaceChildren();
  chosen = 0;
  if (!wanted) return;
  slides.forEach(({ number, section }, index) => {
    const text = words[index];
    const place = text.toLowerCase().indexOf(wanted);
    const named = section.dataset.title.toLowerCase().includes(wanted);
    if (place < 0 && !named) return;
    const button = document.createElement('button');
    const label = document.createElement('b');
    label.textContent = number + (section.dataset.title ? ' ' + section.dataset.title : '');
    const start = Math.max(0, place - 30);
    const context = text.slice(start, Math.max(0, place) + wanted.length + 50);
    button.append(label, (start > 0 ? '…' : '') + context + '…');
    button.addEventListener('click', () => found(index, wanted));
    const row = document.createElement('li');
    row.append(button);
    results.append(row);
  });
  const count = results.children.length;
  status.textContent = count === 1 ? '1 slide found' : count + ' slides found';
  choose(0);
}
function choose(number) {
  const buttons = [...results.querySelectorAll('button')];
  chosen = clamp(number, Math.max(0, buttons.length - 1));
  buttons.forEach((button, index) => button.classList.toggle('chosen', index === chosen));
  buttons[chosen]?.scrollIntoView({ block: 'nearest' });
}
function found(slide, wanted) {
  searchBox.close();
  if (has('overview')) overview(false);
  jump(slide, Infinity);
  mark(wanted);
}
function unmark() {
  if (window.CSS?.highlights) CSS.highlights.delete('found');
}
function mark(wanted) {
  if (!window.CSS?.highlights || !window.Highlight) return;
  const ranges = [];
  const page = current().pages[step];
  for (const row of page.querySelectorAll('.r')) {
    const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
    const nodes = [];
    while (walker.nextNode()) nodes.push(walker.currentNode);
    const text = nodes.map((node) => node.data).join('').toLowerCase();
    for (let place = text.indexOf(wanted); place >= 0; place = text.indexOf(wanted, place + 1)) {
      const range = new Range();
      let offset = 0;
      for (const node of nodes) {
        const end = offset + node.length;
        if (place >= offset && place < end) range.setStart(node, place - offset);
        if (place + wanted.length > offset && place + wanted.length <= end) {
          range.setEnd(node, place + wanted.length - offset);
        }
        offset = end;
      }
      ranges.push(range);
    }
  }
  CSS.highlights.set('found', new Highlight(...ranges));
}
const search = () => {
  searchBox.showModal();
  query.select();
  find();
};
query.addEventListener('input', find);
searchBox.addEventListener('keydown', (event) => {
  if (event.target !== query) return;
  if (event.key === 'ArrowDown') choose(chosen + 1);
  else if (event.key === 'ArrowUp') choose(chosen - 1);
  else if (event.key === 'Escape') searchBox.close();
  else if (event.key === 'Enter') results.querySelectorAll('button')[chosen]?.click();
  else return;
  event.preventDefault();
});

// ---- keys, the same as in the terminal

let number = '';
let pending = '';
const keys = {
  l: next, j: next, ArrowRight: next, ArrowDown: next, PageDown: next, ' ': next,
  h: back, k: back, ArrowLeft: back, ArrowUp: back, PageUp: back, Backspace: back,
  n: notes, N: nextSlide, p: previousSlide,
  Home: () => jump(0), End: () => jump(slides.length - 1),
  s: () => show(at, Infinity),
  o: () => overview(), t: read, f: fullScreen, '/': search, '?': help,
  y: () => { const button = $('.page.on .copy'); if (button) copy(button); },
  Escape: () => { overview(false); unmark(); },
  G: () => {
    const wanted = number ? slides.findIndex((it) => it.number >= Number(number)) : -1;
    jump(wanted < 0 ? slides.length - 1 : wanted);
  },
};
addEventListener('keydown', (event) => {
  if ($('dialog[open]')) return;
  const { key } = event;
  if (event.ctrlKey && !event.altKey && !event.metaKey && (key === 'd' || key === 'u')) {
    event.preventDefault();
    scroll(key === 'd' ? 0.5 : -0.5);
    return;
  }
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const focused = event.target.closest?.('button, a, input, textarea, select');
  if (focused && (key === 'Enter' || key === ' ')) return;
  if (key === 'Enter') {
    if (has('overview')) openFocused(event.target);
    return;
  }
  // A slide that scrolls is scrolled by the browser, too, in the flowing text.
  if (has('reading') && scrolls() && ['ArrowDown', 'ArrowUp', 'PageDown', 'PageUp', ' '].includes(key)) return;
  if (key === 'g') {
    if (pending === 'g') jump(0);
    pending = pending === 'g' ? '' : 'g';
    return;
  }
  pending = '';
  if (/^\d$/.test(key)) {
    number += key;
    return;
  }
  const action = keys[key];
  if (action) {
    event.preventDefault();
    action();
  }
  if (key !== 'Shift') number = '';
});
function openFocused(target) {
  const index = slides.findIndex(({ section }) => section.contains(target));
  if (index < 0) return;
  overview(false);
  jump(index, Infinity);
}

// ---- mouse and touch

const actions = { back, next, overview: () => overview(), search, notes, read, help };
addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button?.classList.contains('copy')) return void copy(button);
  if (button?.dataset.do) return void actions[button.dataset.do]();
  if (event.target.tagName === 'DIALOG') return void event.target.close();
  if (event.target.closest('button, a, input, dialog, .notes, .controls')) return;
  if (has('overview')) return void openFocused(event.target);
  if (has('reading') || String(getSelection())) return;
  if (event.clientX < innerWidth / 3) back(); else next();
});
let idle;
const awake = () => {
  root.classList.add('active');
  clearTimeout(idle);
  idle = setTimeout(() => root.classList.remove('active'), 2500);
};
addEventListener('pointermove', awake);
addEventListener('pointerdown', awake);
let touch = null;
addEventListener('touchstart', (event) => {
  const [first] = event.touches;
  touch = event.touches.length === 1 ? { x: first.clientX, y: first.clientY, target: event.target } : null;
}, { passive: true });
addEventListener('touchend', (event) => {
  const zoomed = (window.visualViewport?.scale ?? 1) > 1.01;
  if (!touch || zoomed || has('overview') || $('dialog[open]')) return;
  const [last] = event.changedTouches;
  const x = last.clientX - touch.x;
  const y = last.clientY - touch.y;
  // Wide code and tables scroll sideways.
  const wide = touch.target.closest?.('.reading :is(pre, table)');
  if (wide && wide.scrollWidth > wide.clientWidth) return;
  if (Math.abs(x) > 40 && Math.abs(x) > 2 * Math.abs(y)) (x < 0 ? next : back)();
}, { passive: true });

// ---- words of joined letters: as wide as their columns in any font

function fitWords() {
  const words = [...document.querySelectorAll('.r .j')];
  if (!words.length) return;
  const pen = document.createElement('canvas').getContext('2d');
  const { fontFamily } = getComputedStyle(words[0]);
  for (const word of words) {
    const { fontWeight, fontStyle } = getComputedStyle(word);
    pen.font = fontStyle + ' ' + fontWeight + ' 16px ' + fontFamily;
    const { width } = pen.measureText(word.textContent);
    const columns = Number(word.style.getPropertyValue('--w')) * 10;
    if (width > columns) word.style.transform = 'scaleX(' + columns / width + ')';
  }
}

// ---- icons of special fonts, which few systems have

function hideMissingIcons() {
  const icons = [...document.querySelectorAll('.r .w')].filter((it) =>
    /^[\ue000-\uf8ff\u{f0000}-\u{10fffd}]+$/u.test(it.textContent));
  if (!icons.length) return;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 32;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  pen.font = '20px ' + getComputedStyle(icons[0]).fontFamily;
  const drawn = (text) => {
    pen.clearRect(0, 0, 32, 32);
    pen.fillText(text, 4, 24);
    return pen.getImageData(0, 0, 32, 32).data.join();
  };
  // No font has a glyph for this one.
  const missing = drawn('\u{10fffd}');
  for (const icon of icons) {
    if (drawn(icon.textContent) === missing) icon.style.visibility = 'hidden';
  }
}

// ---- pictures that move, for readers who asked for less motion

function holdStill() {
  if (!matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  for (const element of document.querySelectorAll('.i')) {
    const source = /url\("(data:image\/gif[^"]+)"\)/.exec(getComputedStyle(element).backgroundImage);
    if (!source) continue;
    const image = new Image();
    image.onload = () => {
      const canvas = document.createElement('canvas');
      canvas.width = image.naturalWidth;
      canvas.height = image.naturalHeight;
      canvas.getContext('2d').drawImage(image, 0, 0);
      element.style.backgroundImage = 'url(' + canvas.toDataURL() + ')';
    };
    image.src = source[1];
  }
}

root.classList.add('js');
toggle('reading', narrow.matches);
narrow.addEventListener('change', () => {
  overview(false);
  toggle('reading', narrow.matches);
});
addEventListener('resize', updateFocus);
addEventListener('hashchange', readHash);
addEventListener('popstate', readHash);
readHash();
fitWords();
hideMissingIcons();
holdStill();
})();
