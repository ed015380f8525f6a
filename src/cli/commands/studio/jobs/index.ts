import { command } from '../../../command.ts';

/** Groups the commands about jobs. */
export const jobs = command({
  summary: 'Queue jobs, follow them and fetch what they made',
  examples: ['studio-worker studio jobs list --state running'],
  args: {},
  subCommands: {
    create: async () => (await import('./create.ts')).jobsCreate,
    list: async () => (await import('./list.ts')).jobsList,
    set: async () => (await import('./set.ts')).jobsSet,
    watch: async () => (await import('./watch.ts')).jobsWatch,
    why: async () => (await import('./why.ts')).jobsWhy,
    get: async () => (await import('./get.ts')).jobsGet,
    attempts: async () => (await import('./attempts.ts')).jobsAttempts,
    cancel: async () => (await import('./cancel.ts')).jobsCancel,
    retry: async () => (await import('./retry.ts')).jobsRetry,
  },
});
