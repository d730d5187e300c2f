// Curves as SVG: small multiples and big ones, one scale each, marks where something happened.
import { h, clock } from './dom.js';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 300;

function s(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// Rounds further apart than this many usual ones are not joined: nothing is known in between.
const GAP_ROUNDS = 4;

function path(t, y, x, scale) {
  const steps = t.slice(1).map((at, i) => at - t[i]).sort((a, b) => a - b);
  const gap = (steps[steps.length >> 1] || 0) * GAP_ROUNDS;
  let text = '';
  let pen = false;
  y.forEach((value, i) => {
    if (value === null) {
      pen = false;
      return;
    }
    const joined = pen && t[i] - t[i - 1] <= gap;
    text += `${joined ? 'L' : 'M'}${x(t[i]).toFixed(1)} ${scale(value).toFixed(1)}`;
    if (!joined && (i + 1 === y.length || y[i + 1] === null)) text += 'h0.5';
    pen = true;
  });
  return text;
}

// options: name, t, y, format, min, max, big, marks: [{t, kind, label}]
export function chart(o) {
  const known = o.y.filter((value) => value !== null);
  const height = o.big ? 150 : 40;
  const last = known.at(-1);
  const caption = h('figcaption', {}, h('span', {}, o.name),
    h('b', {}, known.length ? o.format(last) : '–'));
  if (!known.length) {
    return h('figure', { class: o.big ? 'chart big' : 'chart' }, caption,
      h('div', { class: 'scale' }, 'no data yet'));
  }
  let low = Math.min(o.min ?? Infinity, ...known);
  let high = Math.max(o.max ?? -Infinity, ...known);
  if (low === high) {
    low -= Math.abs(low) * .1 || .5;
    high += Math.abs(high) * .1 || .5;
  }
  const first = o.t[0];
  const end = Math.max(o.t.at(-1), first + 1);
  const x = (t) => WIDTH * (t - first) / (end - first);
  const scale = (value) => 3 + (height - 6) * (high - value) / (high - low);
  const svg = s('svg', { viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: 'none',
    role: 'img', 'aria-label': `${o.name}: now ${o.format(last)}, between `
      + `${o.format(Math.min(...known))} and ${o.format(Math.max(...known))} since `
      + `${clock(first)}` + (o.marks || []).map((m) => `; ${m.label} ${clock(m.t)}`).join('') });
  svg.append(s('line', { class: 'base', x1: 0, x2: WIDTH, y1: height, y2: height }));
  for (const mark of o.marks || []) {
    if (mark.t >= first && mark.t <= end) {
      const line = s('line', { class: `mark ${mark.kind}`, x1: x(mark.t), x2: x(mark.t), y1: 0,
        y2: height });
      svg.append(line);
    }
  }
  svg.append(s('path', { class: 'curve', d: path(o.t, o.y, x, scale) }));
  if (!o.big) {
    return h('figure', { class: 'chart' }, caption, svg);
  }
  const read = caption.lastChild;
  svg.addEventListener('pointermove', (event) => {
    const box = svg.getBoundingClientRect();
    const at = first + (end - first) * (event.clientX - box.left) / box.width;
    const i = nearest(o.t, at);
    read.textContent = (o.y[i] === null ? '–' : o.format(o.y[i])) + ' at ' + clock(o.t[i]);
  });
  svg.addEventListener('pointerleave', () => { read.textContent = o.format(last); });
  return h('figure', { class: 'chart big' }, caption, svg,
    h('div', { class: 'scale' }, h('span', {}, clock(first)),
      h('span', {}, `${o.format(low)} … ${o.format(high)}`), h('span', {}, clock(end))));
}

function nearest(t, at) {
  let best = 0;
  t.forEach((value, i) => {
    if (Math.abs(value - at) < Math.abs(t[best] - at)) best = i;
  });
  return best;
}

export function marksOf(alerts) {
  return alerts.flatMap((alert) => [
    { t: alert.onsetMs, kind: 'onset', label: 'onset' },
    { t: alert.raisedAtMs, kind: 'raised', label: 'raised' },
    ...(alert.resolvedAtMs ? [{ t: alert.resolvedAtMs, kind: 'over', label: 'over' }] : []),
  ]);
}

export const marksKey = () => h('p', { class: 'key' }, 'Marks:', h('i'), 'estimated onset',
  h('i', { class: 'raised' }), 'alert raised', h('i', { class: 'over' }), 'over');
