// The speaker's remote. The secret is in the part of the address that browsers do not send; it goes into a header.

import { follow } from './link.js';

const element = (id) => document.getElementById(id);
const message = element('message');
let token = decodeURIComponent(location.hash.slice(1));
if (token) {
  sessionStorage.setItem('token', token);
  // Not in the address bar, which others may see.
  history.replaceState(null, '', '/remote');
} else {
  token = sessionStorage.getItem('token') ?? '';
}
const headers = { Authorization: 'Bearer ' + token };
let view = null;
let ahead = 0;

async function call(command) {
  message.textContent = '';
  try {
    const options = { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' } };
    const response = await fetch('/remote/command', { ...options, body: JSON.stringify(command) });
    if (response.ok) return;
    const why = response.status === 409 ? (await response.json()).error : response.statusText;
    message.textContent = why || 'The talk refused.';
  } catch {
    message.textContent = 'The talk does not answer.';
  }
}

const words = {
  not_run: 'not run', not_allowed: 'not allowed', queued: 'queued', compiling: 'compiling', ready: 'ready',
  running: 'running', waits_for_input: 'waits for input', done: 'done', failed: 'failed', stopped: 'stopped',
  timed_out: 'timed out',
};
function seconds(ms) {
  const tenths = Math.round(ms / 100);
  return tenths < 100 ? (tenths / 10).toFixed(1) + ' s' : clock(ms);
}
function clock(ms) {
  const all = Math.max(0, Math.floor(ms / 1000));
  const two = (number) => String(number).padStart(2, '0');
  const [hours, minutes] = [Math.floor(all / 3600), Math.floor(all / 60) % 60];
  return (hours ? hours + ':' + two(minutes) : minutes) + ':' + two(all % 60);
}

function blockRow(block) {
  const row = document.createElement('li');
  const text = document.createElement('span');
  const code = document.createElement('code');
  code.textContent = block.code;
  const about = document.createElement('small');
  const took = block.elapsed_ms === null ? '' : ' · ' + seconds(block.elapsed_ms);
  about.textContent = block.language + ' · ' + (words[block.status] ?? block.status) + took + (block.stale ? ' · out of date' : '');
  text.append(code, about);
  const button = document.createElement('button');
  button.textContent = 'Run';
  button.setAttribute('aria-label', 'Run block ' + block.block + ', ' + block.language);
  button.disabled = block.status === 'not_allowed' || !block.allowed;
  if (button.disabled) about.textContent = block.language + ' · allow it on the talk’s screen first';
  button.addEventListener('click', () => call({ command: 'run', block: block.block }));
  row.append(text, button);
  return row;
}

function replace(parent, key, make) {
  const text = JSON.stringify(key);
  if (parent.dataset.key === text) return;
  parent.dataset.key = text;
  const focused = [...parent.querySelectorAll('button')].indexOf(document.activeElement);
  parent.replaceChildren(...make());
  if (focused >= 0) parent.querySelectorAll('button')[focused]?.focus();
}

function show() {
  const { slide, slides, step, steps, title, next_title: next, blank, blocks, notes } = view;
  element('place').textContent = slide + ' / ' + slides + (steps > 1 ? '  step ' + step + '/' + steps : '');
  element('title').textContent = title || 'Slide ' + slide;
  const after = step < steps ? 'Next: step ' + (step + 1) : next === null ? 'The last slide' : 'Next: ' + (next || 'slide ' + (slide + 1));
  element('after').textContent = blank ? 'The screen is ' + blank : after;
  element('blank').setAttribute('aria-pressed', String(blank !== null));
  element('number').max = slides;
  replace(element('blocks'), blocks, () => blocks.map(blockRow));
  replace(element('notes'), [slide, notes], () => {
    element('notes').scrollTop = 0;
    return (notes.length ? notes : ['no notes here']).map((note) => {
      const paragraph = document.createElement('p');
      paragraph.textContent = note;
      if (!notes.length) paragraph.className = 'none';
      return paragraph;
    });
  });
  tick();
}

function tick() {
  if (!view) return;
  const { elapsed_ms: counted, running_since_ms: since, duration_ms: duration } = view.timer;
  const elapsed = counted + (since === null ? 0 : Math.max(0, Date.now() + ahead - since));
  const timer = element('timer');
  timer.textContent = duration === null ? clock(elapsed) : clock(elapsed) + ' / ' + clock(duration);
  timer.classList.toggle('late', duration !== null && elapsed > duration);
  element('time').setAttribute('aria-pressed', String(since !== null));
}

for (const button of document.querySelectorAll('[data-call]')) {
  button.addEventListener('click', () => call({ command: button.dataset.call }));
}
element('go').addEventListener('submit', (event) => {
  event.preventDefault();
  call({ command: 'go', slide: Number(element('number').value) });
  element('number').value = '';
  element('number').blur();
});
element('blank').addEventListener('click', () => call({ command: 'blank', color: view?.blank ? 'off' : 'black' }));
element('time').addEventListener('click', () => call({ command: 'timer', action: 'toggle' }));
element('reset').addEventListener('click', () => call({ command: 'timer', action: 'reset' }));
addEventListener('keydown', (event) => {
  if (event.target.closest('input') || event.ctrlKey || event.altKey || event.metaKey) return;
  const command = { ArrowRight: 'next', PageDown: 'next', ArrowLeft: 'back', PageUp: 'back' }[event.key];
  if (!command) return;
  event.preventDefault();
  call({ command });
});
setInterval(tick, 500);

const lost = element('lost');
follow('/remote/events', headers, {
  onState(state) {
    ahead = state.now_ms - Date.now();
    view = state.view;
    show();
  },
  onLink(isLinked) {
    lost.hidden = isLinked;
    if (!isLinked) lost.textContent = 'The connection to the talk is lost. Trying again …';
  },
  onRefused() {
    lost.hidden = false;
    lost.textContent = token
      ? 'This is the secret of another talk. Scan the code of this one.'
      : 'This address has no secret. Scan the code that `livedeck remote link` prints.';
  },
});
