import type { File } from './example';

const script = (text: string): File => ({
  text: `#!/usr/bin/env bash\nset -euo pipefail\n${text}`,
  mode: '100755',
});
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** A lock file has an entry for each package; rules look at little more than that there is one. */
const lock = (name: string, packages: Readonly<Record<string, string>>): string =>
  json({
    name,
    lockfileVersion: 3,
    packages: Object.fromEntries(
      Object.entries(packages).map(([one, version]) => [`node_modules/${one}`, { version }]),
    ),
  });

/** The example's repository: an API, its pages, and the CDK app that deploys both. */
export const FILES: Readonly<Record<string, File>> = {
  'buildspec.yml': `version: 0.2

env:
  shell: bash
  variables:
    PIP_DISABLE_PIP_VERSION_CHECK: "1"
  parameter-store:
    API_KEY: /app/api-key

phases:
  install:
    runtime-versions:
      nodejs: "$NODEJS_VERSION"
      python: "3.12"
    commands:
      - npm ci --prefix frontend
      - npm ci --prefix cdk
      - pip install -r backend/requirements.txt

  pre_build:
    commands:
      - export IMAGE_TAG="$CODEBUILD_RESOLVED_SOURCE_VERSION"
      - ci/login.sh

  build:
    commands:
      - python -m pytest backend --junitxml=out/reports/backend.xml
      - npm --prefix frontend run build
      - docker build --tag "$BACKEND_REPOSITORY:$IMAGE_TAG" backend
      - cp -r frontend/dist out/frontend

  post_build:
    commands:
      - '[ "\${CODEBUILD_BUILD_SUCCEEDING:-0}" = 1 ] || exit 1'
      - ci/push.sh
      - ci/deploy.sh

reports:
  backend:
    files:
      - backend.xml
    base-directory: out/reports
    file-format: JUNITXML

artifacts:
  base-directory: out
  files:
    - "**/*"

cache:
  paths:
    - "/root/.npm/**/*"
`,
  'ci/login.sh': script(
    'aws ecr get-login-password | docker login --username AWS --password-stdin "${BACKEND_REPOSITORY%%/*}"\n',
  ),
  // A build that is tried again finds its image pushed.
  'ci/push.sh':
    script(`if ! aws ecr describe-images --repository-name app-backend --image-ids "imageTag=$IMAGE_TAG"; then
  docker push "$BACKEND_REPOSITORY:$IMAGE_TAG"
fi
`),
  'ci/deploy.sh':
    script(`digest="$(aws ecr describe-images --repository-name app-backend --image-ids "imageTag=$IMAGE_TAG" \\
  --query 'imageDetails[0].imageDigest' --output text)"
cd cdk
npx cdk deploy AppStack --require-approval never --context "backendImage=$BACKEND_REPOSITORY@$digest"
`),
  'backend/Dockerfile': `FROM public.ecr.aws/docker/library/python:3.12-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
EXPOSE 8000
CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000"]
`,
  'backend/.dockerignore': '__pycache__\n.venv\ntests\n',
  'backend/requirements.txt': 'fastapi==0.115.6\nuvicorn==0.34.0\npytest==8.3.4\n',
  'backend/app/__init__.py': '',
  'backend/app/main.py': `from fastapi import FastAPI

app = FastAPI()


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
`,
  'backend/tests/test_health.py': `from app.main import health


def test_health() -> None:
    assert health() == {"status": "ok"}
`,
  'frontend/package.json': json({
    name: 'frontend',
    scripts: { build: 'vite build' },
    dependencies: { react: '19.0.0' },
    devDependencies: { vite: '6.0.7' },
  }),
  'frontend/package-lock.json': lock('frontend', { react: '19.0.0', vite: '6.0.7' }),
  'frontend/index.html': '<script type="module" src="/src/main.js"></script>\n',
  'frontend/src/main.js': "document.body.append('hello');\n",
  'cdk/cdk.json': json({ app: 'npx ts-node bin/app.ts' }),
  'cdk/package.json': json({
    name: 'app-cdk',
    dependencies: { 'aws-cdk-lib': '2.276.0', constructs: '10.8.1' },
    devDependencies: { 'aws-cdk': '2.1148.1', 'ts-node': '10.9.2', typescript: '5.9.3' },
  }),
  'cdk/package-lock.json': lock('app-cdk', {
    'aws-cdk': '2.1148.1',
    'aws-cdk-lib': '2.276.0',
    constructs: '10.8.1',
    'ts-node': '10.9.2',
    typescript: '5.9.3',
  }),
  'cdk/bin/app.ts': "import { App } from 'aws-cdk-lib';\n\nnew App();\n",
  '.gitignore': 'node_modules/\ndist/\nout/\n',
};
