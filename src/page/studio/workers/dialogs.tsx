import { useEffect, useState } from 'preact/hooks';
import type { RegistrationView, WorkerView } from '../../../contract/admin.ts';
import { Button } from '../../kit/button.tsx';
import { CopyCommand } from '../../kit/copy.tsx';
import { Field, TextArea } from '../../kit/field.tsx';
import { Dialog } from '../../kit/overlay.tsx';
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
  const reject = async (): Promise<void> => {
    if (await actions.reject(registration, reason.trim())) onClose();
  };
  return (
    <Dialog
      label={WORKERS.rejectTitle(registration.machineName)}
      onClose={onClose}
      foot={
        <>
          <Button onPress={onClose}>{SHARED.cancel}</Button>
          <Button look="danger-fill" onPress={reject}>
            {WORKERS.rejectDo}
          </Button>
        </>
      }
    >
      <p class="t2">{WORKERS.rejectSay}</p>
      <Field id="r-why" label={WORKERS.reason} aside={WORKERS.reasonAside}>
        <TextArea id="r-why" rows={3} value={reason} placeholder={WORKERS.reasonPlaceholder} onInput={setReason} />
      </Field>
    </Dialog>
  );
}

/** What a worker loses is more than a click, so it is asked for. */
export function RemoveDialog({ worker, onClose }: { readonly worker: WorkerView; readonly onClose: () => void }) {
  const { actions } = usePage();
  const remove = async (): Promise<void> => {
    if (await actions.removeWorker(worker)) onClose();
  };
  return (
    <Dialog
      label={WORKERS.removeTitle(worker.capabilities.machineName)}
      onClose={onClose}
      foot={
        <>
          <Button onPress={onClose}>{SHARED.cancel}</Button>
          <Button look="danger-fill" onPress={remove}>
            {WORKERS.remove}
          </Button>
        </>
      }
    >
      <p class="t2">{WORKERS.removeSay}</p>
    </Dialog>
  );
}

/** A command by which one machine joins without waiting. */
function InviteDialog({ onClose }: { readonly onClose: () => void }) {
  const { actions } = usePage();
  const { origin } = useBrowser();
  const [token, setToken] = useState<string | undefined>();
  useEffect(() => {
    void actions.invite().then((made) => (made === undefined ? onClose() : setToken(made.token)));
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
