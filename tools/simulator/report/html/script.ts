/**
 * The search of the log, for browsers with scripts. Matches are marked in place; the phases that hold one are opened.
 * A letter that matches everywhere marks the first 2,000.
 */
export const SCRIPT = `
'use strict';
(() => {
  const form = document.querySelector('.search');
  if (!form) return;
  const [input, output] = [form.querySelector('input'), form.querySelector('output')];
  const lines = [...document.querySelectorAll('.lines span')].map((element) => {
    const text = element.textContent;
    return { element, text, lower: text.toLowerCase() };
  });
  let marks = [], touched = [], at = -1, timer;

  const search = () => {
    const wanted = input.value.toLowerCase();
    for (const line of touched) line.element.textContent = line.text;
    [marks, touched, at] = [[], [], -1];
    if (wanted) {
      for (const line of lines) {
        // Lower case may be longer (İ): such a line is left out rather than marked wrongly.
        if (marks.length >= 2000 || line.lower.length !== line.text.length || !line.lower.includes(wanted)) continue;
        touched.push(line);
        const parts = [];
        let end = 0;
        for (let i = line.lower.indexOf(wanted); i >= 0; i = line.lower.indexOf(wanted, end)) {
          const mark = document.createElement('mark');
          mark.textContent = line.text.slice(i, i + wanted.length);
          parts.push(line.text.slice(end, i), mark);
          marks.push(mark);
          end = i + wanted.length;
        }
        line.element.replaceChildren(...parts, line.text.slice(end));
        line.element.closest('details').open = true;
      }
    }
    if (marks.length) go(1);
    else output.value = wanted ? 'none' : '';
  };
  const go = (step) => {
    if (!marks.length) return;
    marks[at]?.classList.remove('now');
    at = (at + step + marks.length) % marks.length;
    marks[at].classList.add('now');
    marks[at].scrollIntoView({ block: 'center' });
    output.value = at + 1 + ' of ' + marks.length + (marks.length >= 2000 ? ' or more' : '');
  };

  form.hidden = false;
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(search, 120);
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && event.shiftKey) {
      event.preventDefault();
      go(-1);
    }
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    go(1);
  });
  form.querySelector('[value="-1"]').addEventListener('click', () => go(-1));
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/INPUT|SELECT|TEXTAREA/.test(document.activeElement?.tagName ?? '')) return;
    event.preventDefault();
    input.focus();
  });
})();
`;
