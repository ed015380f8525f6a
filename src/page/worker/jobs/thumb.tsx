import type { ApiJob } from '../../../local-api/contract/jobs.ts';
import { Icon } from '../../kit/icons/icons.tsx';
import { thumbnailOf } from './looks.ts';

/** The small picture of a job, or its kind where there is nothing to see. */
export function JobThumb({ job, isLarge = false }: { readonly job: ApiJob; readonly isLarge?: boolean }) {
  const src = thumbnailOf(job);
  return (
    <span class={isLarge ? 'thumb thumb--md' : 'thumb'}>
      {src === undefined ? <Icon name={job.kind} /> : <img src={src} alt="" width="96" height="96" loading="lazy" />}
    </span>
  );
}
