import type { Rule } from './rule';

/** Every rule, by id. */
export const RULES: readonly Rule[] = [];
