'use strict';
// codebuild-hash-files <glob>…: a SHA-256 hash of the files in the source directory that the patterns name, by content, in
// the order of their paths. A program of the build, hence plain JavaScript; patterns are read as the engine's Pattern does.

const { createHash } = require('node:crypto');
const { readdirSync, readFileSync, statSync } = require('node:fs');
const path = require('node:path');
const picomatch = require('picomatch');

const source = process.env.CODEBUILD_SRC_DIR || process.cwd();
const patterns = process.argv.slice(2);
if (!patterns.length) fail('usage: codebuild-hash-files <glob-pattern-1> <glob-pattern-2> ...', 2);

const plain = patterns.filter((pattern) => !/[*?[{]/.test(pattern));
const globs = patterns
  .filter((pattern) => !plain.includes(pattern))
  .map((pattern) => pattern.replace(/^\.\//, ''));
const isMatch = picomatch(globs, { dot: true, noextglob: true, nonegate: true });
const found = new Set(plain.map((pattern) => path.resolve(source, pattern)).filter(isFile));
if (globs.length) walk(source);
if (!found.size) fail(`no files match ${patterns.join(' ')} in ${source}`, 1);

const hash = createHash('sha256');
for (const file of [...found].sort()) hash.update(createHash('sha256').update(readFileSync(file)).digest());
process.stdout.write(`${hash.digest('hex')}\n`);

function walk(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) walk(file);
    else if (isMatch(path.relative(source, file)) && isFile(file)) found.add(file);
  }
}

function isFile(file) {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

function fail(message, status) {
  process.stderr.write(`codebuild-hash-files: ${message}\n`);
  process.exit(status);
}
