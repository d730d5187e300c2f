// Dead letters: what could not be used, as it came.
import { badge, empty, h, show, time } from './dom.js';
import { get, watch } from './api.js';

export async function deadPage(main) {
  const { deadLetters } = await get('dead-letters');
  show(main, h('h1', {}, 'Dead letters'),
    h('p', { class: 'small' }, 'What could not be used, as it came; the latest 200 per partition.'),
    deadLetters.length ? h('div', { class: 'list' }, deadLetters.map((d) =>
      h('article', { class: 'panel' },
        h('header', {}, h('h3', {}, d.key || 'no key'), badge(d.source || 'unknown topic'),
          h('span', { class: 'push' }),
          h('span', { class: 'small' }, d.place, ', ', time(d.atMs))),
        h('p', {}, d.reason),
        h('details', {}, h('summary', {}, `${d.size} bytes`),
          h('h3', {}, 'Decoded'), h('pre', { tabindex: '0' }, d.decoded),
          h('h3', {}, 'Hex'), h('pre', { tabindex: '0' }, d.hex || 'no bytes')))))
      : empty('Nothing was put aside. Every message could be used.'));
  watch([]);
  return {};
}
