// What the steps of a build leave to those after them, and how AWS's answers in it are read.
import { readFileSync } from 'node:fs';

/** The rows of a table: each its cells. */
export function rowsIn(file) {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t'));
}

/** The stacks that `describe_stacks` of common.sh has written to a file, in their order; undefined for one that does not exist. */
export function stacksIn(file) {
  return readFileSync(file, 'utf8')
    .split('\u001e')
    .slice(0, -1)
    .map((text) => (text.trim() ? JSON.parse(text) : undefined));
}

/** A value of JSON; undefined for nothing, and for what is none. */
export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Milliseconds since 1970. Version 1 of the AWS CLI prints seconds, version 2 a date. */
export function timeOf(value) {
  return Number(value) * 1000 || Date.parse(value);
}

/** The outputs of a stack, as the CDK CLI writes them. */
export function outputsOf({ Outputs }) {
  return Object.fromEntries((Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
}
