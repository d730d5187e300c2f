// A policy as text: checked while it is written, applied once its differences were seen.
import { empty, h, show, time, toast } from './dom.js';
import { get, isOperator, post, watch } from './api.js';
import { changes, nameOf } from './page-policies.js';

const PAUSE_MS = 400;
const LINE_PX = 20;

// What was written and not applied, by address: a reload of the live data must not lose it.
const unsaved = new Map();

const counted = (n, noun) => `${n} ${noun}${n > 1 ? 's' : ''}`;

// Beside the line that each is about; those of one line below each other.
function place(problems, area, notes) {
  let free = 0;
  show(notes, problems.map((p) => h('li', {},
    h('button', { type: 'button', onclick: () => jump(area, p.line) },
      p.line ? `line ${p.line}` : 'whole text', p.path && ': ', p.path && h('code', {}, p.path)),
    h('span', {}, p.text))));
  problems.forEach((p, i) => {
    const top = Math.max(free, (Math.max(1, p.line) - 1) * LINE_PX);
    const note = notes.children[i];
    note.style.marginTop = `${top - free}px`;
    free = top + note.offsetHeight;
  });
}

function jump(area, line) {
  const lines = area.value.split('\n');
  const at = lines.slice(0, Math.max(0, line - 1)).join('\n').length + (line > 1 ? 1 : 0);
  area.focus();
  area.setSelectionRange(at, at + (lines[Math.max(0, line - 1)] ?? '').length);
}

export async function editPage(main, [cohort], query) {
  if (!isOperator()) {
    show(main, empty('This login may only look; log in with the operator’s token to edit.'));
    return {};
  }
  const version = query.get('version') || '';
  const draft = await get(`policies/${encodeURIComponent(cohort)}/draft?version=${version}`);
  const key = `${cohort}?${version}`;
  const numbers = h('pre', { class: 'numbers', 'aria-hidden': 'true' });
  const area = h('textarea', { id: 'policy', spellcheck: 'false', autocapitalize: 'off',
    wrap: 'off', 'aria-label': `Policy of ${nameOf(cohort)} as YAML`,
    'aria-describedby': 'policy-verdict policy-problems' });
  const notes = h('ol', { class: 'notes', id: 'policy-problems', 'aria-label': 'Problems' });
  const verdict = h('p', { id: 'policy-verdict', role: 'status' });
  const differences = h('div');
  const comment = h('input', { maxlength: 300, autocomplete: 'off' });
  const failed = h('p', { class: 'field-problem', role: 'alert' });
  const apply = h('button', { type: 'submit', class: 'go', disabled: true }, 'Apply');
  area.value = unsaved.get(key) ?? draft.yaml;
  let turn = 0;
  let timer;

  async function check() {
    const mine = ++turn;
    const yaml = area.value;
    try {
      const said = await post('policies/check', { yaml });
      if (mine !== turn) return;
      place(said.problems, area, notes);
      const wrong = said.problems.length;
      area.setAttribute('aria-invalid', wrong > 0);
      const count = said.changes?.length ?? 0;
      verdict.className = wrong ? 'field-problem' : 'small';
      verdict.textContent = wrong ? `${counted(wrong, 'problem')}: nothing can be applied.`
        : count ? `Valid. Version ${said.version} of ${nameOf(said.cohort)} changes `
          + counted(count, 'setting') + (said.staged ? '; changed terms go out in stages.' : '.')
          : 'Valid, and the same as what is in force: there is nothing to apply.';
      show(differences, count > 0 && changes(said.changes, 'What would change'));
      apply.disabled = wrong > 0 || count === 0;
    } catch (e) {
      if (mine === turn) verdict.textContent = e.message;
    }
  }

  function edited() {
    const lines = area.value.split('\n').length;
    area.rows = lines;
    numbers.textContent = Array.from({ length: lines }, (_, i) => i + 1).join('\n');
    apply.disabled = true;
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE_MS);
  }

  area.addEventListener('input', () => {
    unsaved.set(key, area.value);
    edited();
  });
  show(main, h('h1', {}, version ? `Restore version ${version} of ` : 'Policy of ', nameOf(cohort)),
    h('p', {}, draft.own
      ? ['In force is version ', draft.version, ', applied ', time(draft.appliedAtMs),
        ` by ${draft.author}: ${draft.comment || 'no comment'}.`]
      : ['It has no policy of its own yet: this is what holds for it.']),
    h('form', { onsubmit: async (event) => {
      event.preventDefault();
      failed.textContent = '';
      apply.disabled = true;
      try {
        const { said } = await post('policies', { yaml: area.value, comment: comment.value });
        unsaved.delete(key);
        toast(said);
        location.hash = '#/policies';
      } catch (e) {
        failed.textContent = e.message;
        check();
      }
    } },
    h('div', { class: 'editor' }, numbers, area, notes), verdict, differences,
    h('div', { class: 'bar' },
      h('label', { class: 'grow' }, 'Why; empty = the text’s own comment', comment), apply,
      h('a', { class: 'button', href: '#/policies', onclick: () => unsaved.delete(key) },
        'Discard')),
    failed));
  edited();
  watch([]);
  return {};
}
