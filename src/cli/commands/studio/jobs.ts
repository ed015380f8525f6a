import { command } from '../../command.ts';

/** Groups the commands about jobs. */
export const jobs = command({
  summary: 'Queue and follow jobs',
  examples: ['studio-worker studio jobs list --state running'],
  args: {},
  subCommands: {
    create: async () => (await import('./jobs-create.ts')).jobsCreate,
    list: async () => (await import('./jobs-list.ts')).jobsList,
    watch: async () => (await import('./jobs-watch.ts')).jobsWatch,
  },
});
