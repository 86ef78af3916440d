/** A class whose fields pydantic takes from the environment. https://docs.pydantic.dev/latest/concepts/pydantic_settings/ */
export interface SettingsClass {
  readonly name: string;
  /** Fields without a default: there is no application without them. */
  readonly required: readonly { readonly variables: readonly string[]; readonly line: number }[];
  /** Files that give values too. */
  readonly envFiles: readonly string[];
}

/** Nobody writes a module of settings that is larger. */
const LARGEST = 200_000;

/** The classes of a module, less those that take values from elsewhere: another source, a folder of secrets. */
export function settingsIn(text: string): SettingsClass[] {
  if (!text.includes('BaseSettings') || text.length > LARGEST) return [];
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const classes: SettingsClass[] = [];
  const names = new Set(['BaseSettings']);
  for (let i = 0; i < lines.length; i++) {
    const [, indent = '', name = '', bases = ''] =
      /^(\s*)class\s+(\w+)\s*\(([^)]*)\)\s*:/.exec(lines[i] ?? '') ?? [];
    if (!bases.split(',').some((base) => names.has(base.trim().replace(/^.*\./, '')))) continue;
    names.add(name);
    const end = lines.findIndex(
      (line, at) => at > i && line.trim() !== '' && indentOf(line) <= indent.length,
    );
    const body = lines.slice(i + 1, end < 0 ? lines.length : end);
    if (/settings_customise_sources|customise_sources|secrets_dir/.test(body.join('\n'))) continue;
    classes.push(read(name, body, i + 2, /from\s+pydantic\s+import\s[^\n]*BaseSettings/.test(text)));
  }
  return classes;
}

function read(name: string, body: readonly string[], first: number, isFirstVersion: boolean): SettingsClass {
  const text = body.join('\n');
  const [, prefix = ''] = /\benv_prefix["']?\s*[=:]\s*["']([^"']*)["']/.exec(text) ?? [];
  const envFiles = [
    ...text.matchAll(/\benv_file["']?\s*[=:]\s*(\([^)]*\)|\[[^\]]*\]|["'][^"']+["'])/g),
  ].flatMap(([, files = '']) => [...files.matchAll(/["']([^"']+)["']/g)].map(([, file = '']) => file));
  const depth = Math.min(...body.filter((line) => line.trim() !== '').map(indentOf));
  const required: { variables: readonly string[]; line: number }[] = [];
  for (const [i, line] of body.entries()) {
    if (indentOf(line) !== depth) continue;
    const [, field, type = '', value] = /^\s*([a-zA-Z]\w*)\s*:\s*([^=#]+?)\s*(?:=\s*(.*))?$/.exec(line) ?? [];
    if (field === undefined || field === 'model_config' || /^(?:ClassVar|InitVar)\b|\.ClassVar\b/.test(type))
      continue;
    const written = value === undefined ? '' : statement(body.slice(i), value);
    if (!isRequired(written)) continue;
    // Of pydantic 1, it has a default: None.
    if (isFirstVersion && written === '' && /\bOptional\[|\bNone\b/.test(type)) continue;
    const aliases = [...written.matchAll(/\b(?:validation_alias|alias|env)\s*=\s*["']([^"']+)["']/g)].map(
      ([, one = '']) => one,
    );
    // AliasChoices and their like.
    if (!aliases.length && /alias|env\s*=/.test(written)) continue;
    required.push({ variables: aliases.length ? aliases : [`${prefix}${field}`], line: first + i });
  }
  return { name, required, envFiles };
}

function isRequired(value: string): boolean {
  if (value === '' || /^#/.test(value)) return true;
  if (!/^(?:pydantic\.)?Field\(/.test(value)) return false;
  const [, inner = ''] = /^[\w.]+\(([^]*)\)/.exec(value) ?? [];
  if (/\bdefault(?:_factory)?\s*=/.test(inner)) return /\bdefault\s*=\s*\.\.\./.test(inner);
  const first = inner.trim();
  return first === '' || first.startsWith('...') || /^\w+\s*=/.test(first);
}

/** A value that goes on over several lines, to its last bracket. */
function statement([, ...more]: readonly string[], value: string): string {
  let text = value;
  for (const line of more) {
    const open = (text.match(/[([{]/g) ?? []).length - (text.match(/[)\]}]/g) ?? []).length;
    if (open <= 0) break;
    text += `\n${line}`;
  }
  return text;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
