// Curves, drawn by Chart.js on canvas: one scale each, marks where something happened. What a
// canvas shows is also said in words, and the big ones have their values as a table.
import { clock, h, show, table } from './dom.js';

const { Chart } = window;

// Rounds further apart than this many usual ones are not joined: nothing is known in between.
const GAP_ROUNDS = 4;
const ROWS_MAX = 60;
const DASH = [4, 3];

const alive = new Set();
const colours = {};

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ['curve', 'soft', 'line', 'bad', 'warn', 'good', 'panel', 'ink']) {
    colours[name] = style.getPropertyValue(`--${name}`).trim();
  }
}

readColours();
window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  readColours();
  alive.forEach((chart) => chart.update());
});

// One for all: it knows the size of a plot as soon as it is on the page.
const sizes = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    if (contentRect.width > 0) {
      Chart.getChart(target.firstChild)?.resize(contentRect.width, contentRect.height);
    }
  }
});

// Those of pages that are gone.
export function dropCharts() {
  for (const chart of alive) {
    if (!chart.canvas.isConnected) {
      sizes.unobserve(chart.canvas.parentNode);
      chart.destroy();
      alive.delete(chart);
    }
  }
}

const KINDS = { onset: 'bad', raised: 'warn', over: 'good' };

const marking = {
  id: 'marks',
  afterDatasetsDraw(chart) {
    const { ctx, chartArea: area, scales: { x } } = chart;
    ctx.save();
    for (const mark of (chart.$marks ?? []).filter((m) => m.t >= x.min && m.t <= x.max)) {
      const at = x.getPixelForValue(mark.t);
      ctx.strokeStyle = ctx.fillStyle = colours[KINDS[mark.kind]];
      ctx.setLineDash(mark.kind === 'onset' ? DASH : []);
      ctx.beginPath();
      ctx.moveTo(at, area.top);
      ctx.lineTo(at, area.bottom);
      ctx.stroke();
    }
    ctx.restore();
  },
};

// A break is a point without a value.
function points(t, y) {
  const steps = t.slice(1).map((at, i) => at - t[i]).sort((a, b) => a - b);
  const gap = (steps[steps.length >> 1] || 0) * GAP_ROUNDS;
  const all = [];
  t.forEach((at, i) => {
    if (i > 0 && at - t[i - 1] > gap) all.push({ x: at - 1, y: NaN });
    all.push({ x: at, y: y[i] ?? NaN });
  });
  return all;
}

// A value between two breaks has no line: it is drawn as a dot.
function radii(all) {
  const known = (p) => p !== undefined && !Number.isNaN(p.y);
  const dots = all.map((p, i) => known(p) && !known(all[i - 1]) && !known(all[i + 1]) ? 1.5 : 0);
  return dots.some((r) => r > 0) ? dots : 0;
}

function options(o) {
  const soft = () => colours.soft;
  const axis = (format, limit) => ({ color: soft, maxTicksLimit: limit, maxRotation: 0,
    font: { size: 11 }, callback: format });
  return {
    responsive: false, maintainAspectRatio: false, animation: false, parsing: false,
    normalized: true,
    events: o.big ? ['mousemove', 'mouseout', 'touchstart', 'touchmove'] : [],
    layout: { padding: o.big ? { top: 6 } : 3 },
    interaction: { mode: 'index', intersect: false },
    plugins: { legend: { display: false }, tooltip: { enabled: Boolean(o.big),
      displayColors: false, callbacks: { title: ([item]) => clock(item.parsed.x),
        label: (item) => o.format(item.parsed.y) } } },
    scales: {
      x: { type: 'linear', display: Boolean(o.big), bounds: 'data',
        ticks: { ...axis((value) => clock(value), 4), align: 'inner' },
        grid: { display: false }, border: { color: () => colours.line } },
      y: { display: Boolean(o.big), suggestedMin: o.min, suggestedMax: o.max,
        ticks: axis((value) => o.format(value), 5),
        grid: { color: () => colours.line }, border: { display: false } },
    },
  };
}

function words(o, t, known, marks) {
  return `${o.name}: now ${o.format(known.at(-1))}, between ${o.format(Math.min(...known))} and `
    + `${o.format(Math.max(...known))} since ${clock(t[0])}`
    + marks.map((m) => `; ${m.label} ${clock(m.t)}`).join('');
}

// options: name, format, min, max, big. Its draw takes times, values and marks [{t, kind, label}].
export function chart(o) {
  const now = h('b');
  const canvas = h('canvas', { role: 'img' });
  const plot = h('div', { class: 'plot' }, canvas);
  const note = h('div', { class: 'none' }, 'no data yet');
  const values = h('details', {}, h('summary', {}, 'Values'), h('div'));
  const root = h('figure', { class: o.big ? 'chart big' : 'chart' },
    h('figcaption', {}, h('span', {}, o.name), now), plot, note, o.big && values);
  const drawn = new Chart(canvas, { type: 'line', plugins: [marking], options: options(o),
    data: { datasets: [{ data: [], borderColor: () => colours.curve, borderWidth: 1.6,
      pointBackgroundColor: () => colours.curve, pointRadius: 0, pointHitRadius: 0 }] } });
  alive.add(drawn);
  sizes.observe(plot);
  let shown = { t: [], y: [] };
  values.addEventListener('toggle', () => {
    const rows = shown.t.map((t, i) => [clock(t), o.format(shown.y[i])]).slice(-ROWS_MAX).reverse();
    show(values.lastChild, values.open && table(`${o.name}, the last value first`,
      [['Time'], [o.name, 'num']], rows));
  });
  const draw = (t, y, marks = []) => {
    // Values that were asked for before the page was left.
    if (!alive.has(drawn)) return;
    const known = y.filter((value) => value !== null && value !== undefined);
    shown = { t, y };
    now.textContent = known.length ? o.format(known.at(-1)) : '–';
    note.hidden = known.length > 0;
    plot.hidden = !known.length;
    if (!known.length) return;
    canvas.setAttribute('aria-label', words(o, t, known, marks));
    const [line] = drawn.data.datasets;
    line.data = points(t, y);
    line.pointRadius = radii(line.data);
    drawn.$marks = marks;
    drawn.update('none');
  };
  return { root, draw };
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
