import { command } from '../../command.ts';

/** Groups the commands about workers. */
export const workers = command({
  summary: 'List workers and decide who may join',
  examples: ['studio-worker studio workers list'],
  args: {},
  subCommands: {
    list: async () => (await import('./workers-list.ts')).workersList,
    invite: async () => (await import('./workers-invite.ts')).workersInvite,
    approve: async () => (await import('./workers-approve.ts')).workersApprove,
    reject: async () => (await import('./workers-reject.ts')).workersReject,
  },
});
