import type { Rule } from './rule';
import { unquotedColon } from './rules/unquoted-colon';
import { brokenBuildspec } from './rules/broken-buildspec';
import { forbiddenCharacter } from './rules/forbidden-character';
import { emptySection } from './rules/empty-section';

/** Every rule, by id. */
export const RULES: readonly Rule[] = [
  unquotedColon,
  brokenBuildspec,
  forbiddenCharacter,
  emptySection,
];
