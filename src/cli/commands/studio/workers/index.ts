import { command } from '../../../command.ts';

/** Groups the commands about workers. */
export const workers = command({
  summary: 'List workers and decide who may join',
  examples: ['studio-worker studio workers list'],
  args: {},
  subCommands: {
    list: async () => (await import('./list.ts')).workersList,
    invite: async () => (await import('./invite.ts')).workersInvite,
    approve: async () => (await import('./approve.ts')).workersApprove,
    reject: async () => (await import('./reject.ts')).workersReject,
    rm: async () => (await import('./rm.ts')).workersRm,
  },
});
