import { WorkerError } from '../../../base/errors.ts';

/** What a program of stable-diffusion.cpp says that it has loaded, such as `SDXL`; undefined before it says so. */
export function announcedArchitecture(text: string): string | undefined {
  return /\bVersion: ([^\n\r]*?)\s*[\n\r]/.exec(text)?.[1];
}

/**
 * Architectures that stable-diffusion.cpp draws with whether there is a reference image or not: it hands that only to
 * models of flow transformers, and to those of Pix2Pix.
 */
const WITHOUT_REFERENCE = /^(?:SD ?[123]|SDXL|SDXS|SVD)(?!.*Pix2Pix)/;

/** Why a model of this architecture makes no use of a reference image; undefined when it may. */
export function referenceIgnored(architecture: string | undefined): WorkerError | undefined {
  if (architecture === undefined || !WITHOUT_REFERENCE.test(architecture)) return undefined;
  return new WorkerError(
    'task.images-unsupported',
    `a model of ${architecture} cannot follow a reference image, and would draw as if there were none`,
    {
      hint: 'Create the job with initImageUrl instead of refImageUrl, or with a model for edits, such as Flux Kontext.',
    },
  );
}
