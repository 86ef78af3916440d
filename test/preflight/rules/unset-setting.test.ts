import { unsetSetting } from '../../../tools/preflight/rules/unset-setting';
import { APPLICATION } from '../example-templates';
import { type Changes, said } from '../example';

const [container] = APPLICATION.Task.Properties.ContainerDefinitions;
const settings = (
  fields: string,
  given: Readonly<Record<string, unknown>> = {},
  files: Changes['files'] = {},
): Changes => ({
  files: {
    'backend/app/settings.py': `from pydantic import Field\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\n\n\nclass Settings(BaseSettings):\n${fields
      .split('\n')
      .map((line) => `    ${line}\n`)
      .join('')}\n\nsettings = Settings()\n`,
    ...files,
  },
  application: { Task: { Properties: { ContainerDefinitions: [{ ...container, ...given }] } } },
});
const missing = (...args: Parameters<typeof settings>): string[] =>
  said(unsetSetting, settings(...args)).map((line) => / needs (.*), which/.exec(line)?.[1] ?? line);
const environment = (...names: string[]): Readonly<Record<string, unknown>> => ({
  Environment: names.map((Name) => ({ Name, Value: 'x' })),
});

test('a field without a default that the task does not give ends the application as it starts', () => {
  expect(
    said(unsetSetting, settings('database_url: str\ndebug: bool = False', environment('DB_URL'))),
  ).toEqual([
    'warning backend/app/settings.py:6 Settings needs DATABASE_URL, which the container backend of Task is not given',
  ]);
});

test('environment, secrets and the image itself give', () => {
  expect(
    missing(
      'a: str\nb: str\nc: str\nd: str\ne: str',
      {
        ...environment('A'),
        Secrets: [{ Name: 'B', ValueFrom: 'arn:aws:ssm:eu-west-1:111122223333:parameter/b' }],
      },
      {
        'backend/Dockerfile': 'FROM x/y\nENV C=1 other=2\nENV D 1\nCOPY . .\n',
      },
    ),
  ).toEqual(['E']);
});

test.each([
  'a: str = "x"',
  'a: str | None = None',
  'a: str = Field("x")',
  'a: str = Field(default="x")',
  'a: list[str] = Field(\n    default_factory=list,\n)',
  'a: ClassVar[str]',
  'model_config = SettingsConfigDict(env_file=".env")',
  '_a: str',
  '@property\ndef a(self) -> str:\n    x: str\n    return x',
])('%j asks for nothing', (fields) => {
  expect(missing(fields)).toEqual([]);
});

test.each([
  'a: str',
  'a: str = Field(...)',
  'a: str = Field(min_length=3)',
  'a: Optional[str]',
  'a: str = Field(\n    ...,\n    description="x",\n)',
])('%j asks for it', (fields) => {
  expect(missing(fields)).toEqual(['A']);
});

test('a prefix and an alias are part of the name', () => {
  const fields =
    'model_config = SettingsConfigDict(env_prefix="APP_")\nurl: str\nkey: str = Field(alias="API_KEY")\nother: str = Field(validation_alias=AliasChoices("x", "y"))';
  expect(missing(fields)).toEqual(['APP_URL, API_KEY']);
  expect(missing(fields, environment('app_url', 'API_KEY'))).toEqual([]);
});

test('a part of a field is enough, and so is a file that the image has', () => {
  expect(
    missing('model_config = SettingsConfigDict(env_nested_delimiter="__")\ndb: Db', environment('DB__URL')),
  ).toEqual([]);
  const file = 'model_config = SettingsConfigDict(env_file=".env")\nurl: str';
  expect(missing(file)).toEqual(['URL']);
  expect(missing(file, {}, { 'backend/.env': 'URL=x\n' })).toEqual([]);
  expect(missing('model_config = {"env_file": ".env", "env_prefix": "APP_"}\nurl: str')).toEqual(['APP_URL']);
  const writes =
    'version: 0.2\nphases:\n  build:\n    commands:\n      - env > backend/.env && docker build -t "$BACKEND_REPOSITORY" backend\n';
  expect(said(unsetSetting, { ...settings(file), buildspec: writes })).toEqual([]);
});

test('an optional field of pydantic 1 has a default, that of pydantic 2 has none', () => {
  const text = (module: string): string =>
    `from ${module} import BaseSettings\n\nclass S(BaseSettings):\n    a: Optional[str]\n`;
  expect(said(unsetSetting, { files: { 'backend/app/a.py': text('pydantic') } })).toEqual([]);
  expect(said(unsetSetting, { files: { 'backend/app/a.py': text('pydantic_settings') } })).toHaveLength(1);
});

test('a class that reads elsewhere, or an image whose script may set anything, is not judged', () => {
  expect(missing('a: str\nmodel_config = SettingsConfigDict(secrets_dir="/run/secrets")')).toEqual([]);
  expect(
    missing('a: str', {}, { 'backend/Dockerfile': 'FROM x/y\nCOPY . .\nENTRYPOINT ["./start.sh"]\n' }),
  ).toEqual([]);
});

test('a class of settings that is not in the image is none of the task', () => {
  expect(missing('a: str', {}, { 'backend/.dockerignore': 'app/settings.py\n' })).toEqual([]);
  expect(said(unsetSetting)).toEqual([]);
});
