import { checked } from '../../tools/preflight/check';
import { modelOfFiles, ruleWith } from './handmade';

/** What is left of findings of F41 and F24 on these lines of a script, as `F41:2`, and what is suppressed, with its reason. */
function left(
  text: string,
  lines: readonly number[],
  file = 'ci/a.sh',
): { told: string[]; suppressed: string[] } {
  const places = lines.map((line) => ({ file, line }));
  const rules = [ruleWith('F41', ...places), ruleWith('F24')];
  const { findings, suppressed } = checked(modelOfFiles({ [file]: text }), rules);
  return {
    told: findings.map(({ id, level, place }) => `${level} ${id}:${place.line}`),
    suppressed: suppressed.map(({ id, place, reason }) => `${id}:${place.line} ${reason}`),
  };
}

describe('a reason in the file', () => {
  test('on the line itself silences its finding, so that a deliberate choice is not told for ever', () => {
    expect(left('cd a\nnpm ci # preflight: F41 made in pre_build\n', [2])).toEqual({
      told: [],
      suppressed: ['F41:2 made in pre_build'],
    });
  });

  test('on lines of its own silences the next command, other comments and empty lines between', () => {
    expect(left('# preflight: F41 made before\n# npm\n\nnpm ci\n', [4]).suppressed).toEqual([
      'F41:4 made before',
    ]);
  });

  test('at the top silences what is found of the file as a whole', () => {
    expect(left('# preflight: F41 made before\nversion: 0.2\n', [1]).told).toEqual([]);
  });

  test('silences neither the line after the next, nor another rule, so that new faults are still told', () => {
    expect(left('# preflight: F41 made before\nnpm ci\nnpm ci\n', [2, 3]).told).toEqual(['error F41:3']);
    expect(left('npm ci # preflight: F24 made before\n', [1]).told).toEqual(['error F41:1', 'warning P02:1']);
  });

  test('behind a command does not reach the next line', () => {
    expect(left('cd a # preflight: F41 made before\nnpm ci\n', [2]).told).toEqual([
      'warning P02:1',
      'error F41:2',
    ]);
  });

  test('may be written with a colon or a dash, in small letters, with Windows line ends', () => {
    expect(left('npm ci # Preflight: f41: made before\r\n', [1]).suppressed).toEqual(['F41:1 made before']);
    expect(left('npm ci # preflight: F41 - made before\r\n', [1]).suppressed).toEqual(['F41:1 made before']);
  });
});

describe('a suppression that does nothing', () => {
  test('without a reason suppresses nothing and is told, because nobody could ever take it away', () => {
    expect(left('npm ci # preflight: F41\n', [1])).toEqual({
      told: ['error F41:1', 'warning P01:1'],
      suppressed: [],
    });
  });

  test('is told when its finding has gone, so that it cannot hide the next one', () => {
    expect(left('npm ci # preflight: F41 made before\n', []).told).toEqual(['warning P02:1']);
  });

  test('is told when its id is mistyped', () => {
    expect(left('npm ci # preflight: F410 made before\n', [1]).told).toEqual([
      'error F41:1',
      'warning P03:1',
    ]);
  });

  test('is told once, whatever else is found on the line', () => {
    expect(left('# preflight: F99 a\n# preflight: F41 b\nnpm ci\n', [3]).told).toEqual(['warning P03:1']);
  });
});

describe('what only looks like one', () => {
  test.each([
    ['a comment in plain words', '# preflight: is Docker there?\nnpm ci'],
    ['a text in quotes', 'echo "see # preflight: F41 made before" && npm ci'],
    ['a text in single quotes', "echo 'a \\' && echo '# preflight: F41 made before' && npm ci"],
    ['an escaped quote within quotes', 'echo "a \\" # preflight: F41 made before" && npm ci'],
    ['a fragment of an address', 'curl https://example.com/#preflight: F41 && npm ci'],
    ['an escaped sign', 'echo \\# preflight: F41 made before && npm ci'],
  ])('%s suppresses nothing, and is not told', (_, text) => {
    const { told, suppressed } = left(text, [text.split('\n').length]);
    expect({ told, suppressed }).toEqual({ told: [`error F41:${text.split('\n').length}`], suppressed: [] });
  });

  test('an apostrophe opens no quote, so a comment behind it counts', () => {
    expect(left("echo don\\'t; npm ci # preflight: F41 it's made before", [1]).suppressed).toEqual([
      "F41:1 it's made before",
    ]);
    expect(left("- npm ci # don't\n- npm ci # preflight: F41 it's made before", [2]).told).toEqual([]);
  });

  test('JSON has no comments: package.json suppresses nothing', () => {
    expect(left('{ "a": "b", # preflight: F41 made before\n}', [1], 'package.json').told).toEqual([
      'error F41:1',
    ]);
  });
});

describe('a template', () => {
  const place = { file: 'App.template.json', line: 1, resource: 'App/Bucket' };

  test("is suppressed by its resource's metadata, for this resource alone", () => {
    const model = modelOfFiles({}, [{ place, metadata: { preflight: { F72: 'emptied by hand' } } }]);
    const rule = ruleWith('F72', place, { ...place, resource: 'App/Other' });
    const { findings, suppressed } = checked(model, [rule]);
    expect(findings.map((finding) => finding.place.resource)).toEqual(['App/Other']);
    expect(suppressed).toMatchObject([{ id: 'F72', place, reason: 'emptied by hand' }]);
  });

  test.each([[''], [true], [undefined]])('needs a reason there, too: %p is none', (reason) => {
    const model = modelOfFiles({}, [{ place, metadata: { preflight: { F72: reason } } }]);
    const { findings } = checked(model, [ruleWith('F72', place)]);
    expect(findings.map(({ id }) => id)).toEqual(['F72', 'P01']);
  });

  test('may have metadata of that name for another purpose', () => {
    const model = modelOfFiles({}, [{ place, metadata: { preflight: 'yes' } }]);
    expect(checked(model, []).findings).toEqual([]);
  });
});
