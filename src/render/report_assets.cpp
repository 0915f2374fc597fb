#include "render/report_assets.hpp"

namespace fovea::render {

const char* const kReportStyle = R"css(
:root { color-scheme: light dark; --page: #f6f7f8; --card: #fff; --stage: #eceef0; --ink: #1b1f23; --faint: #5c6670;
  --line: #dde1e5; --accent: #31688e; --accent-soft: #31688e1f; --bad: #b3261e; --bad-soft: #b3261e12; }
@media (prefers-color-scheme: dark) { :root { --page: #111416; --card: #1a1e21; --stage: #0c0e10; --ink: #e8eaed;
  --faint: #9aa4ae; --line: #2c3237; --accent: #5ec4b6; --accent-soft: #5ec4b62e; --bad: #ff8a80; --bad-soft: #ff8a801a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
header, main, footer { max-width: 1500px; margin: auto; padding: 0 28px; }
header { padding-top: 28px; }
h1 { margin: 0; font-size: 28px; line-height: 1.2; letter-spacing: -.01em; text-wrap: balance; }
.sub { margin: 4px 0 0; color: var(--faint); }
.bar { position: sticky; top: 0; z-index: 2; background: var(--page); border-bottom: 1px solid var(--line); }
.bar > div { max-width: 1500px; margin: auto; padding: 14px 28px; display: flex; flex-wrap: wrap; gap: 10px 24px;
  align-items: center; }
.bar input[type=search] { width: 260px; max-width: 100%; padding: 7px 12px; font: inherit; color: inherit;
  background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.count { color: var(--faint); }
.legend { margin: 0 0 0 auto; display: grid; grid-template-columns: auto 260px; gap: 0 14px; align-items: center;
  font-size: 12px; line-height: 1.3; color: var(--faint); }
.legend .note { max-width: 24em; text-align: right; text-wrap: balance; }
.legend i { display: block; height: 10px; border-radius: 3px; }
.legend span { display: block; position: relative; height: 1.3em; margin-top: 4px; }
.legend b { position: absolute; transform: translateX(-50%); font-weight: 400; }
.legend b:first-child { transform: none; }
.legend b:last-child { transform: translateX(-100%); }
main { padding-top: 24px; display: grid; gap: 24px; grid-template-columns: repeat(auto-fill, minmax(min(310px, 100%), 1fr)); }
.card { display: flex; flex-direction: column; background: var(--card); border: 1px solid var(--line);
  border-radius: 12px; overflow: hidden; scroll-margin-top: 90px; }
.card[hidden] { display: none; }
.stage { position: relative; height: 250px; display: grid; place-items: center; background: var(--stage); }
.photo { position: relative; width: min(100%, 250px * var(--aspect)); }
.photo img, .photo canvas { display: block; width: 100%; height: auto; }
.photo canvas { position: absolute; inset: 0; height: 100%; }
.photo.looking img { filter: grayscale(1); }
.chip { position: absolute; left: 8px; bottom: 8px; margin: 0; padding: 1px 9px; border-radius: 6px; font-size: 13px;
  background: #000b; color: #fff; }
.chip:empty { display: none; }
.text { padding: 14px 16px 14px; flex: 1; display: flex; flex-direction: column; }
.caption { margin: 0 0 8px; font-size: 17px; line-height: 1.45; text-wrap: pretty; }
.caption button { font: inherit; color: inherit; background: none; border: 0; margin: 0 -3px; padding: 1px 3px;
  border-radius: 5px; cursor: pointer; text-decoration: underline dotted var(--faint) 1px; text-underline-offset: 5px; }
.caption button.on { background: var(--accent-soft); text-decoration-color: transparent; }
.caption button[aria-pressed=true] { background: var(--accent); color: var(--card); text-decoration-color: transparent; }
.alternatives { color: var(--faint); font-size: 14px; margin: 0 0 8px; }
.alternatives summary { cursor: pointer; }
.alternatives ol { margin: 0; padding: 0; list-style: none; }
.alternatives li { display: flex; justify-content: space-between; gap: 16px; padding: 2px 0; }
.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
.source { display: flex; justify-content: space-between; gap: 16px; margin: auto 0 0; padding-top: 6px; font-size: 13px;
  color: var(--faint); }
.source bdi { overflow-wrap: anywhere; }
.source a { color: inherit; }
.failed { align-self: start; }
.failed .text { background: var(--bad-soft); }
.failed strong { color: var(--bad); }
.failed .message { margin: 2px 0 8px; overflow-wrap: anywhere; }
.failures { margin: 12px 0 0; }
.failures summary { cursor: pointer; color: var(--bad); font-weight: 600; }
.failures ul { max-height: 40vh; overflow: auto; margin: 8px 0 4px; padding-left: 20px; }
.failures li { overflow-wrap: anywhere; }
footer { padding-top: 28px; padding-bottom: 40px; }
.pages { display: flex; flex-wrap: wrap; gap: 6px; justify-content: center; }
.pages a, .pages span { padding: 4px 11px; border-radius: 7px; text-decoration: none; color: inherit; }
.pages a { border: 1px solid var(--line); background: var(--card); }
.pages [aria-current] { background: var(--accent); color: var(--card); border-color: transparent; }
.empty { grid-column: 1 / -1; color: var(--faint); text-align: center; padding: 40px 0; }
@media (max-width: 720px) { .legend { margin: 0; grid-template-columns: 1fr; } .legend .note { text-align: left; }
  .bar { position: static; } .legend { gap: 6px; } header, main, footer, .bar > div { padding-left: 16px; padding-right: 16px; } }
@media print { .bar { position: static; } .card { break-inside: avoid; } }
)css";

const char* const kReportScript = R"js(
'use strict';
const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
const colors = bytes(document.body.dataset.colors);
const [lowest, highest] = document.body.dataset.opacity.split(' ').map(Number);

// Cubic convolution as the attention sheets use it: values at the centres of cells are kept. The grid lies over the part
// of a side of `length` pixels that begins at `begin` and is `extent` long, both as shares of it.
function stretch(values, width, height, newWidth, newHeight, [x, y, viewWidth, viewHeight]) {
  const near = d => ((1.25 * d - 2.25) * d) * d + 1, far = d => ((-.75 * d + 3.75) * d - 6) * d + 3;
  const lines = (source, count, stride, step, lines, length, begin, extent) => {
    const result = new Float32Array(lines * length);
    for (let i = 0; i < length; ++i) {
      const at = ((i + .5) / length - begin) / extent * count - .5, first = Math.floor(at), t = at - first;
      const weights = [far(1 + t), near(t), near(1 - t), far(2 - t)];
      for (let line = 0; line < lines; ++line) {
        for (let k = 0; k < 4; ++k) {
          const cell = Math.min(Math.max(first - 1 + k, 0), count - 1);
          result[line * length + i] += weights[k] * source[line * stride + cell * step];
        }
      }
    }
    return result;
  };
  const wide = lines(values, width, width, 1, height, newWidth, x, viewWidth);      // height lines of newWidth
  return lines(wide, height, 1, newWidth, newWidth, newHeight, y, viewHeight);      // newWidth lines of newHeight
}

// The colours and the opacity of overlay_color() in attention_overlay.cpp; no colour beside what the model saw.
function draw(canvas, levels, gridWidth, gridHeight, view) {
  const {width, height} = canvas, context = canvas.getContext('2d'), image = context.createImageData(width, height);
  const smooth = stretch(levels, gridWidth, gridHeight, width, height, view);
  const isIn = (share, begin, extent) => share >= begin && share < begin + extent;
  for (let y = 0; y < height; ++y) {
    if (!isIn((y + .5) / height, view[1], view[3])) continue;
    for (let x = 0; x < width; ++x) {
      if (!isIn((x + .5) / width, view[0], view[2])) continue;
      const part = Math.min(Math.max(smooth[x * height + y] / 255, 0), 1), at = 4 * (y * width + x);
      const color = 3 * Math.round(255 * part);
      image.data.set([colors[color], colors[color + 1], colors[color + 2], 255 * (lowest + (highest - lowest) * part * (2 - part))], at);
    }
  }
  context.putImageData(image, 0, 0);
}

function show(card, button) {
  for (const other of card.querySelectorAll('.caption button')) other.classList.toggle('on', other === button);
  const photo = card.querySelector('.photo'), chip = card.querySelector('.chip');
  photo.querySelector('canvas')?.remove();
  photo.classList.toggle('looking', !!button);
  chip.textContent = button ? `${button.textContent} \u00b7 ${button.dataset.chance}` : '';
  if (!button) return;
  const caption = button.parentElement, [gridHeight, gridWidth] = caption.dataset.grid.split(' ').map(Number);
  const view = (caption.dataset.view ?? '0 0 1 1').split(' ').map(Number);
  const cells = gridHeight * gridWidth, word = Number(button.dataset.word);
  const box = photo.querySelector('img'), scale = 240 / Math.max(box.width, box.height, 1);
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(box.width * scale));
  canvas.height = Math.max(1, Math.round(box.height * scale));
  draw(canvas, bytes(caption.dataset.maps).subarray(word * cells, (word + 1) * cells), gridWidth, gridHeight, view);
  box.after(canvas);
}

const pinned = card => card.querySelector('[aria-pressed=true]');
function pin(card, button) {
  pinned(card)?.setAttribute('aria-pressed', 'false');
  button?.setAttribute('aria-pressed', 'true');
  show(card, button);
}
const wordAt = event => event.target.closest?.('.caption button');
const cardOf = element => element.closest('.card');
const on = (type, action) => document.addEventListener(type, event => {
  const button = wordAt(event);
  if (button) action(cardOf(button), button, event);
});
for (const type of ['pointerover', 'focusin']) on(type, (card, button) => show(card, button));
for (const type of ['pointerout', 'focusout']) on(type, card => show(card, pinned(card)));
on('click', (card, button) => pin(card, pinned(card) === button ? null : button));
on('keydown', (card, button, event) => {
  if (event.key === 'Escape') return pin(card, null);
  const words = [...button.parentElement.querySelectorAll('button')];
  const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
  const next = event.key === 'Home' ? words[0] : event.key === 'End' ? words.at(-1) : words[words.indexOf(button) + step];
  if (!next) return;
  event.preventDefault();
  for (const word of words) word.tabIndex = word === next ? 0 : -1;  // one stop of the Tab key for each caption
  next.focus();
});

const filter = document.getElementById('filter'), empty = document.querySelector('.empty');
const cards = [...document.querySelectorAll('.card')], count = document.getElementById('count');
const total = count.textContent;
filter.addEventListener('input', () => {
  const terms = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const card of cards) {
    const text = card.textContent.toLowerCase();
    card.hidden = !terms.every(term => text.includes(term));
    shown += card.hidden ? 0 : 1;
  }
  count.textContent = terms.length ? `${shown} of ${cards.length} on this page` : total;
  empty.hidden = shown > 0 || !cards.length;
});
)js";

}  // namespace fovea::render
