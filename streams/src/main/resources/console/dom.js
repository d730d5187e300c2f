// Elements from plain calls. Text is only ever set as text: no name can become markup.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else if (typeof value === 'boolean') {
      element.toggleAttribute(name, value);
    } else if (value !== undefined && value !== null) {
      element.setAttribute(name, value);
    }
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) {
      element.append(child instanceof Node ? child : document.createTextNode(String(child)));
    }
  }
}

export function show(element, ...children) {
  element.replaceChildren();
  add(element, children);
}

export const badge = (text, kind = '') => h('span', { class: `badge ${kind}` }, text);

export const link = (text, ...path) =>
  h('a', { href: '#/' + path.map(encodeURIComponent).join('/') }, text);

export const empty = (text) => h('p', { class: 'empty' }, text);

export function facts(rows) {
  return h('dl', { class: 'facts' },
    rows.filter(([, value]) => value !== undefined && value !== null && value !== '')
      .map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
}

export function table(caption, heads, rows) {
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    h('table', {}, h('caption', {}, caption),
      h('thead', {}, h('tr', {}, heads.map(([text, kind]) =>
        h('th', { scope: 'col', class: kind }, text)))),
      h('tbody', {}, rows.map((cells) => h('tr', {}, cells.map((cell, i) =>
        h('td', { class: heads[i][1] }, cell)))))));
}

export const time = (ms) => ms
  ? h('time', { datetime: new Date(ms).toISOString(), title: new Date(ms).toISOString() },
    clock(ms))
  : '–';

// Hours alone of today; with the day otherwise.
export function clock(ms) {
  const at = new Date(ms);
  const hours = at.toLocaleTimeString('en-GB');
  return at.toDateString() === new Date().toDateString()
    ? hours : at.toISOString().slice(0, 10) + ' ' + hours;
}

export function ago(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  return s < 90 ? `${s} s` : s < 5400 ? `${Math.round(s / 60)} min` : `${Math.round(s / 3600)} h`;
}

export const percent = (share) => share === null || share === undefined
  ? '–' : (100 * share).toFixed(share > .9 && share < .9995 ? 1 : 0) + ' %';

export function number(value) {
  if (value === null || value === undefined || value === 'NaN') return '–';
  const size = Math.abs(value);
  if (size >= 1e6) return (value / 1e6).toPrecision(3) + ' M';
  if (size >= 1e4) return (value / 1e3).toPrecision(3) + ' k';
  if (size >= 100 || Number.isInteger(value)) return String(Math.round(value));
  return size < 1e-4 && size > 0 ? value.toExponential(1) : String(+value.toPrecision(3));
}

export const words = (name) => String(name).toLowerCase().replaceAll('_', ' ');

// A dialog with a form; send() may throw {field, message}, which is shown beside the field.
export function ask(title, text, fields, verb, send) {
  const opener = document.activeElement;
  const form = h('form', { method: 'dialog', novalidate: true });
  const dialog = h('dialog', { 'aria-label': title }, form);
  const problems = {};
  const inputs = {};
  const problem = (name) => problems[name] =
    h('p', { class: 'field-problem', role: 'alert', id: `problem-${name || 'form'}` });
  const rows = fields.map((field) => {
    inputs[field.name] = field.options
      ? h('select', { name: field.name }, field.options.map(([value, label]) =>
        h('option', { value, selected: value === field.value }, label)))
      : h('input', { name: field.name, type: field.type || 'text', value: field.value || '',
        maxlength: field.max || 400, autocomplete: 'off' });
    inputs[field.name].setAttribute('aria-describedby', `problem-${field.name}`);
    return h('div', { class: 'row' },
      h('label', {}, field.label, inputs[field.name]), problem(field.name));
  });
  const go = h('button', { class: 'go', type: 'submit' }, verb);
  const close = () => { dialog.close(); dialog.remove(); opener?.focus?.(); };
  show(form, h('h2', {}, title), text && h('p', {}, text), rows, problem(''),
    h('div', { class: 'ends' },
      h('button', { type: 'button', onclick: close }, 'Cancel'), go));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    Object.values(problems).forEach((p) => { p.textContent = ''; });
    go.disabled = true;
    try {
      const values = Object.fromEntries(
        Object.entries(inputs).map(([name, input]) => [name, input.value]));
      const said = await send(values);
      close();
      toast(said);
    } catch (e) {
      (problems[e.field] || problems['']).textContent = e.message;
      inputs[e.field]?.focus();
      go.disabled = false;
    }
  });
  dialog.addEventListener('cancel', close);
  document.body.append(dialog);
  dialog.showModal();
}

let toastTimer;
export function toast(text) {
  const place = document.getElementById('toast');
  place.textContent = text || '';
  place.classList.toggle('on', Boolean(text));
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => place.classList.remove('on'), 7000);
}
