import { useEffect } from 'preact/hooks';
import { Frame } from '../kit/frame.tsx';
import { Toasts } from '../kit/toast.tsx';
import { SHARED, SHELL } from '../words/shared.ts';
import { AboutPage } from './about/page.tsx';
import { ConfigPage } from './config/page.tsx';
import { JobsPage } from './jobs/page.tsx';
import { LogsPage } from './logs/page.tsx';
import { ModelsPage } from './models/page.tsx';
import type { WorkerPage } from './model.ts';
import { PageProvider, usePage } from './page-context.ts';
import { Sidebar } from './shell.tsx';
import { SupersededPage } from './superseded.tsx';
import { StatusPage } from './status/page.tsx';

/** The whole window. */
export const App = ({ page }: { readonly page: WorkerPage }) => (
  <PageProvider value={page}>
    <Frame>
      <Window />
      <Messages />
    </Frame>
  </PageProvider>
);

function Window() {
  if (usePage().model.isSuperseded.value) return <SupersededPage />;
  return (
    <>
      <Sidebar />
      <CurrentPage />
    </>
  );
}

function CurrentPage() {
  const { tab } = usePage().model.route.value;
  useEffect(() => {
    document.title = SHARED.title(SHELL.pages[tab]);
  }, [tab]);
  switch (tab) {
    case 'jobs':
      return <JobsPage />;
    case 'models':
      return <ModelsPage />;
    case 'config':
      return <ConfigPage />;
    case 'logs':
      return <LogsPage />;
    case 'about':
      return <AboutPage />;
    case 'status':
      return <StatusPage />;
    default:
      return tab satisfies never;
  }
}

function Messages() {
  const { model, actions } = usePage();
  return <Toasts toasts={model.toasts.value} onDismiss={actions.dismissToast} onHold={actions.holdToasts} />;
}
