import { useEffect, useState } from 'preact/hooks';
import type { RegistrationView, WorkerView } from '../../../contract/operator/views.ts';
import { Button } from '../../kit/button.tsx';
import { CopyCommand } from '../../kit/copy.tsx';
import { Field, TextArea } from '../../kit/field.tsx';
import { ActionDialog, Dialog, useOwnClose } from '../../kit/overlay.tsx';
import { SHARED } from '../../words/shared.ts';
import { WORKERS } from '../../words/studio/workers.ts';
import { useBrowser } from '../../kit/page-context.ts';
import { usePage } from '../page-context.ts';

/** Tells a worker why it is not let in. */
export function RejectDialog({
  registration,
  onClose,
}: {
  readonly registration: RegistrationView;
  readonly onClose: () => void;
}) {
  const { actions } = usePage();
  const [reason, setReason] = useState('');
  const reject = async (close: () => void): Promise<void> => {
    if (await actions.reject(registration, reason.trim())) close();
  };
  return (
    <ActionDialog
      label={WORKERS.rejectTitle(registration.machineName)}
      submit={WORKERS.rejectDo}
      look="danger-fill"
      onClose={onClose}
      onSubmit={reject}
    >
      <p class="t2">{WORKERS.rejectSay}</p>
      <Field id="r-why" label={WORKERS.reason} aside={WORKERS.reasonAside}>
        <TextArea id="r-why" rows={3} value={reason} placeholder={WORKERS.reasonPlaceholder} onInput={setReason} />
      </Field>
    </ActionDialog>
  );
}

/** What a worker loses is more than a click, so it is asked for. */
export function RemoveDialog({ worker, onClose }: { readonly worker: WorkerView; readonly onClose: () => void }) {
  const { actions } = usePage();
  const remove = async (close: () => void): Promise<void> => {
    if (await actions.removeWorker(worker)) close();
  };
  return (
    <ActionDialog
      label={WORKERS.removeTitle(worker.capabilities.machineName)}
      submit={WORKERS.remove}
      look="danger-fill"
      onClose={onClose}
      onSubmit={remove}
    >
      <p class="t2">{WORKERS.removeSay}</p>
    </ActionDialog>
  );
}

/** A command by which one machine joins without waiting. */
function InviteDialog({ onClose }: { readonly onClose: () => void }) {
  const { actions } = usePage();
  const { origin } = useBrowser();
  const [token, setToken] = useState<string | undefined>();
  const close = useOwnClose(onClose);
  useEffect(() => {
    void actions.invite().then((made) => (made === undefined ? close() : setToken(made.token)));
  }, []);
  return (
    <Dialog label={WORKERS.inviteTitle} onClose={onClose} foot={<Button onPress={onClose}>{SHARED.close}</Button>}>
      <p class="t2">{WORKERS.inviteSay}</p>
      {token === undefined ? (
        <p class="note">{WORKERS.inviting}</p>
      ) : (
        <CopyCommand command={WORKERS.inviteCommand(origin(), token)} />
      )}
    </Dialog>
  );
}

export function InviteButton() {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button icon="plus" onPress={() => setOpen(true)}>
        {WORKERS.invite}
      </Button>
      {isOpen && <InviteDialog onClose={() => setOpen(false)} />}
    </>
  );
}
