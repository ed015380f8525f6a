import { toJobId } from '../../base/ids.ts';
import type { LocalApiDeps } from '../deps.ts';
import { ApiFailure, jsonReply, SAFE_HEADERS } from '../http/reply.ts';
import { rangeReply } from '../http/ranges.ts';
import type { Handlers } from '../http/router.ts';
import { resultType } from '../view/job-view.ts';
import { type ApiFacts, findJob } from './facts.ts';

/** Jobs that run, and those that ended lately. */
export function jobHandlers(
  { control, thumbnails, results }: LocalApiDeps,
  facts: ApiFacts,
): Pick<Handlers, 'jobs' | 'jobLog' | 'jobThumbnail' | 'jobResult' | 'cancelJob'> {
  return {
    async jobs({ query: { source } }) {
      const { runningJobs, recentJobs } = await control.status({});
      const jobs = [...runningJobs, ...recentJobs.toReversed()].map((job) => facts.viewJob(job));
      return jsonReply(source === undefined ? jobs : jobs.filter((job) => job.source === source));
    },
    async jobLog({ params: { id = '' } }) {
      const log = facts.jobLogs.of(id);
      if (log !== undefined) return jsonReply(log);
      if (findJob(await control.status({}), id) === undefined) throw unknownJob();
      return jsonReply({ lines: [], dropped: 0 });
    },
    jobThumbnail({ params: { id = '' } }) {
      const png = thumbnails.of(id);
      if (png === undefined) throw new ApiFailure(404, 'no_thumbnail', 'this job has no thumbnail');
      return new Response(new Uint8Array(png), { headers: { ...SAFE_HEADERS, 'content-type': 'image/png' } });
    },
    jobResult({ params: { id = '' }, request }) {
      const result = results.of(id);
      if (result === undefined)
        throw new ApiFailure(404, 'no_result', 'this worker has no result of this job any more');
      return rangeReply(result.bytes, request.headers.get('range'), {
        ...SAFE_HEADERS,
        'content-type': resultType(result),
        // What a model made is no page of ours, should a browser be sent here.
        'content-security-policy': "sandbox; default-src 'none'",
      });
    },
    async cancelJob({ params: { id = '' } }) {
      if (findJob(await control.status({}), id) === undefined) throw unknownJob();
      return jsonReply(await control.cancel({ jobId: toJobId(id) }));
    },
  };
}

const unknownJob = (): ApiFailure => new ApiFailure(404, 'unknown_job', 'no job of this id runs or ended lately');
