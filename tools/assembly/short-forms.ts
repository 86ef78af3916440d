import type { CollectionTag, ScalarTag, YAMLMap, YAMLSeq } from 'yaml';

const FUNCTIONS = [
  'And',
  'Base64',
  'Cidr',
  'Equals',
  'FindInMap',
  'GetAZs',
  'GetStackOutput',
  'If',
  'ImportValue',
  'Join',
  'Length',
  'Not',
  'Or',
  'Select',
  'Split',
  'Sub',
  'ToJsonString',
  'Transform',
];

/** The YAML tags with which templates abbreviate intrinsic functions, e.g. `!Sub`. */
export function shortForms(): (ScalarTag | CollectionTag)[] {
  const tags: (ScalarTag | CollectionTag)[] = [
    { tag: '!Ref', resolve: (text: string) => ({ Ref: text }) },
    { tag: '!Condition', resolve: (text: string) => ({ Condition: text }) },
    { tag: '!GetAtt', resolve: (text: string) => ({ 'Fn::GetAtt': splitOnce(text) }) },
    {
      tag: '!GetAtt',
      collection: 'seq',
      resolve: (seq: YAMLSeq | YAMLMap) => ({ 'Fn::GetAtt': seq.toJSON() as unknown }),
    },
  ];
  for (const name of FUNCTIONS) {
    const wrapped = (value: unknown): object => ({ [`Fn::${name}`]: value });
    tags.push({ tag: `!${name}`, resolve: wrapped });
    tags.push({
      tag: `!${name}`,
      collection: 'seq',
      resolve: (seq: YAMLSeq | YAMLMap) => wrapped(seq.toJSON()),
    });
    tags.push({
      tag: `!${name}`,
      collection: 'map',
      resolve: (map: YAMLSeq | YAMLMap) => wrapped(map.toJSON()),
    });
  }
  return tags;
}

function splitOnce(text: string): [string, string] {
  const dot = text.indexOf('.');
  return dot < 0 ? [text, ''] : [text.slice(0, dot), text.slice(dot + 1)];
}
