import type { ImageReport, PushResult, ServiceReport } from '../result';
import { short } from '../words';
import { type Html, markup } from './html';

/** What became of the commit: which image it is in, which task definition names that image, which service runs it. */
export function lineage({ source, images, services }: PushResult): Html {
  if (!images.length && !services.length) {
    return markup`<p class="quiet">No image was pushed, no service was deployed.</p>`;
  }
  const used = new Set<ImageReport>();
  const rows = services.map((service) => {
    const image = images.find(({ digest }) => service.image.endsWith(`@${digest}`));
    if (image) used.add(image);
    return chain(source.commit, image, service);
  });
  const rest = images
    .filter((image) => !used.has(image))
    .map((image) => chain(source.commit, image, undefined));
  return markup`${rows}${rest}`;
}

function chain(commit: string, image: ImageReport | undefined, service: ServiceReport | undefined): Html {
  // An image that an earlier run left is not of this commit, unless its tag says so.
  const ours = image?.built === true || image?.tag === commit;
  return markup`<ol class="chain">
    <li>
      <small>commit</small>
      ${ours ? markup`<code>${short(commit)}</code>` : markup`<span class="quiet">another</span>`}
    </li>
    <li>
      <small>image</small>
      ${
        image
          ? markup`<b>${image.name}</b> <span>tag <code>${short(image.tag)}</code></span>
              <span><code title="${image.digest}">${short(image.digest)}</code></span>
              <span class="quiet">${image.reason}</span>`
          : markup`<code>${service?.image ?? ''}</code> <span class="quiet">not in the registry</span>`
      }
    </li>
    ${
      service
        ? markup`<li>
              <small>task definition</small>
              <code title="${service.taskDefinition}">${service.taskDefinition.split('/').at(-1)}</code>
            </li>
            <li class="${service.rollout === 'COMPLETED' ? 'good' : 'bad'}">
              <small>service</small>
              <b>${service.name}</b>
              <span class="verdict">${service.rollout}</span>
              <span class="quiet">${rolledBy(service)}</span>
            </li>`
        : markup`<li><small>service</small><span class="quiet">none runs it</span></li>`
    }
  </ol>`;
}

function rolledBy({ reason, forced }: ServiceReport): string {
  return reason ?? (forced ? 'forced to deploy anew' : 'rolled by the deployment');
}
