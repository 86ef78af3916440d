import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../command';
import { isDirectory } from '../json-file';
import { isObject, list, object, text, texts } from '../values';
import { parseJson, readTemplate } from './template';

/** The template of a stack, with what the assembly's manifest says of it. */
export interface TemplateFile {
  /** Of the stack, as CloudFormation has it; of a nested one, its parent's with its logical id, e.g. `App/Database`. */
  readonly name: string;
  /** As `cdk deploy` takes it, where that is another one, e.g. `Prod/App`. */
  readonly path?: string;
  /** As findings show it. */
  readonly file: string;
  readonly text: string;
  /** Undefined where whoever deploys decides. */
  readonly account?: string;
  readonly region?: string;
  readonly bootstrap?: Bootstrap;
  readonly assets: readonly Asset[];
  readonly missingContext: readonly string[];
  /** Names of stacks. */
  readonly dependsOn: readonly string[];
  readonly nestedIn?: { readonly name: string; readonly logicalId: string };
}

/** What a stack needs of `cdk bootstrap`. */
export interface Bootstrap {
  /** Empty where the roles' names tell none. */
  readonly qualifier: string;
  /** ARNs of the roles that `cdk deploy` assumes: to deploy and, where there are assets, to publish them. */
  readonly roles: readonly string[];
  /** Of the role that synth assumes when it looks something up. */
  readonly lookupRole?: string;
}

export interface Asset {
  readonly kind: 'docker' | 'file';
  /** Of a docker asset: the folder and Dockerfile, from the source's root where they lie within it. */
  readonly folder?: string;
  readonly dockerfile?: string;
  readonly platform?: string;
}

/**
 * The stacks that `cdk synth` has left in a directory, those of its stages and nested ones too; or, where it has no
 * manifest, its templates: `template.yaml`, `*.template.json` and the like.
 *
 * @param directory absolute
 * @param shownAs as the user gave it
 * @throws UserError when it is no cloud assembly and has no template
 */
export function readAssembly(directory: string, shownAs: string): TemplateFile[] {
  return new Reader().assembly({ directory, shownAs });
}

interface Folder {
  readonly directory: string;
  readonly shownAs: string;
}

class Reader {
  private readonly seen = new Set<string>();

  assembly(folder: Folder): TemplateFile[] {
    const { directory, shownAs } = folder;
    if (!isDirectory(directory)) {
      throw new UserError(`${shownAs}: no such directory; give the output of cdk synth, e.g. cdk.out`);
    }
    // A manifest may name its own directory as a stage's.
    const real = realpathSync(directory);
    if (this.seen.has(real)) return [];
    this.seen.add(real);

    const names = readdirSync(directory);
    if (!names.includes('manifest.json')) return plainTemplates(folder, names);
    const manifest = readObject(folder, 'manifest.json');
    const artifacts = Object.entries(object(manifest, 'artifacts'));
    const missing = list(manifest, 'missing').flatMap((lookup) => text(lookup, 'key') ?? []);
    const stacks = artifacts.filter(([, artifact]) => text(artifact, 'type') === 'aws:cloudformation:stack');
    const stackNames = new Map(stacks.map(([id, artifact]) => [id, stackName(id, artifact)]));
    return artifacts.flatMap(([id, artifact]): TemplateFile[] => {
      const stage = text(artifact, 'properties', 'directoryName');
      if (text(artifact, 'type') === 'cdk:cloud-assembly' && stage !== undefined) {
        return this.assembly({
          directory: path.join(directory, stage),
          shownAs: path.posix.join(shownAs, stage),
        });
      }
      const templateFile = text(artifact, 'properties', 'templateFile');
      if (!stackNames.has(id) || templateFile === undefined) return [];
      const { assets, files, publishing } = publishedWith(
        id,
        artifact,
        folder,
        object(manifest, 'artifacts'),
      );
      const name = stackName(id, artifact);
      const cdkPath = text(artifact, 'displayName');
      return withNested(folder, files, {
        name,
        path: cdkPath === name ? undefined : cdkPath,
        ...readText(folder, templateFile, 'is incomplete: it needs'),
        ...environmentOf(artifact),
        bootstrap: bootstrapOf(artifact, publishing),
        assets,
        missingContext: missing,
        dependsOn: texts(artifact, 'dependencies').flatMap((other) => stackNames.get(other) ?? []),
      });
    });
  }
}

function stackName(id: string, artifact: unknown): string {
  return text(artifact, 'properties', 'stackName') ?? id;
}

/** `aws://ACCOUNT/REGION`, either of which may be unknown. */
function environmentOf(artifact: unknown): { account?: string; region?: string } {
  const [account = '', region = ''] = (text(artifact, 'environment') ?? '').replace('aws://', '').split('/');
  return {
    account: /^\d+$/.test(account) ? account : undefined,
    region: region === '' || region.startsWith('unknown') ? undefined : region,
  };
}

/** What an asset manifest of a stack lists: https://docs.aws.amazon.com/cdk/v2/guide/assets.html */
function publishedWith(
  id: string,
  artifact: unknown,
  folder: Folder,
  artifacts: Readonly<Record<string, unknown>>,
): { assets: Asset[]; files: ReadonlyMap<string, string>; publishing: string[] } {
  const assets: Asset[] = [];
  const files = new Map<string, string>();
  const publishing = new Set<string>();
  const needed = [...texts(artifact, 'dependencies'), `${id}.assets`];
  for (const dependency of new Set(needed)) {
    const manifest = object(artifacts, dependency);
    const file = text(manifest, 'properties', 'file');
    if (text(manifest, 'type') !== 'cdk:asset-manifest' || file === undefined) continue;
    const content = readObject(folder, file);
    const add = (asset: Asset, entry: unknown): void => {
      assets.push(asset);
      for (const destination of Object.values(object(entry, 'destinations'))) {
        const role = text(destination, 'assumeRoleArn');
        if (role !== undefined) publishing.add(role);
      }
    };
    for (const [hash, entry] of Object.entries(object(content, 'files'))) {
      files.set(hash, text(entry, 'source', 'path') ?? '');
      add({ kind: 'file' }, entry);
    }
    for (const entry of Object.values(object(content, 'dockerImages'))) {
      const source = object(entry, 'source');
      const context = text(source, 'directory');
      add(
        {
          kind: 'docker',
          folder:
            context === undefined || path.isAbsolute(context)
              ? context
              : path.posix.join(folder.shownAs, context),
          dockerfile: text(source, 'dockerFile'),
          platform: text(source, 'platform'),
        },
        entry,
      );
    }
  }
  return { assets, files, publishing: [...publishing] };
}

function bootstrapOf(artifact: unknown, publishing: readonly string[]): Bootstrap | undefined {
  const deploy = text(artifact, 'properties', 'assumeRoleArn');
  const parameter = text(artifact, 'properties', 'bootstrapStackVersionSsmParameter');
  if (deploy === undefined && parameter === undefined && !publishing.length) return undefined;
  const roles = [...(deploy === undefined ? [] : [deploy]), ...publishing];
  return {
    qualifier:
      /^\/cdk-bootstrap\/([^/]+)\//.exec(parameter ?? '')?.[1] ??
      /role\/cdk-([a-z0-9]{1,10})-/.exec(roles[0] ?? '')?.[1] ??
      '',
    roles,
    lookupRole: text(artifact, 'properties', 'lookupRole', 'arn'),
  };
}

/** A template with the nested ones that it has at hand, as the CDK and `aws cloudformation package` leave them. */
function withNested(
  folder: Folder,
  assets: ReadonlyMap<string, string>,
  parent: TemplateFile,
  above: readonly string[] = [],
): TemplateFile[] {
  if (!parent.text.includes('AWS::CloudFormation::Stack')) return [parent];
  const { content } = readTemplate(parent.text, parent.file);
  const nested = Object.entries(object(content, 'Resources')).flatMap(([logicalId, resource]) => {
    if (text(resource, 'Type') !== 'AWS::CloudFormation::Stack') return [];
    const file = nestedFile(resource, assets);
    const found = file === undefined ? undefined : tryReadText(folder, file);
    // One that nests itself would have no end.
    if (!found || [...above, parent.file].includes(found.file)) return [];
    const { name, account, region, bootstrap, missingContext } = parent;
    const child: TemplateFile = {
      ...{ name: `${name}/${logicalId}`, ...found, account, region, bootstrap, missingContext },
      assets: [],
      dependsOn: [],
      nestedIn: { name, logicalId },
    };
    return withNested(folder, assets, child, [...above, parent.file]);
  });
  return [parent, ...nested];
}

function nestedFile(resource: unknown, assets: ReadonlyMap<string, string>): string | undefined {
  const told = text(resource, 'Metadata', 'aws:asset:path');
  if (told !== undefined) return told;
  const url = text(resource, 'Properties', 'TemplateURL');
  if (url !== undefined && !url.includes(':')) return url;
  // {"Fn::Sub": "https://s3.…/HASH.json"}
  const written = JSON.stringify(object(resource, 'Properties').TemplateURL) ?? '';
  return [...assets].find(([hash]) => written.includes(hash))?.[1];
}

function plainTemplates(folder: Folder, names: readonly string[]): TemplateFile[] {
  const templates = names.filter((name) => /(^|\.)template\.(json|ya?ml)$/i.test(name)).sort();
  if (!templates.length) {
    throw new UserError(
      `${folder.shownAs}: is not the output of cdk synth, which has manifest.json, and has no *.template.json or *.template.yaml; give the output of cdk synth, e.g. cdk.out`,
    );
  }
  const all = templates.map((name) =>
    withNested(folder, new Map(), {
      name: name.replace(/\.?template\.[a-z]+$/i, '') || path.basename(folder.directory),
      ...readText(folder, name, 'has no'),
      assets: [],
      missingContext: [],
      dependsOn: [],
    }),
  );
  const nested = new Set(all.flatMap(([, ...below]) => below.map(({ file }) => file)));
  return all.flatMap((files) => (nested.has(files[0]?.file ?? '') ? [] : files));
}

function readText(folder: Folder, file: string, without: string): { file: string; text: string } {
  const found = tryReadText(folder, file);
  if (found) return found;
  throw new UserError(`${folder.shownAs}: ${without} ${file}; give the output of cdk synth, e.g. cdk.out`);
}

function tryReadText(folder: Folder, file: string): { file: string; text: string } | undefined {
  try {
    return {
      file: path.posix.join(folder.shownAs, file),
      text: readFileSync(path.join(folder.directory, file), 'utf8'),
    };
  } catch {
    return undefined;
  }
}

function readObject(folder: Folder, file: string): Readonly<Record<string, unknown>> {
  const found = readText(folder, file, 'is incomplete: it needs');
  const value = parseJson(found.text, found.file);
  if (isObject(value)) return value;
  throw new UserError(`${found.file}: is not a JSON object; synthesize again`);
}
