import './message-page.css';
import { Button } from './button.js';
import { Mark } from './mark.js';

export interface MessagePageProps {
  title: string;
  text: string;
  action: string;
  onAction: () => void;
  /** Inside a page that has a frame of its own. */
  within?: boolean;
}

/** A whole page that says one thing and offers one way on. */
export function MessagePage({ title, text, action, onAction, within = false }: MessagePageProps) {
  const Frame = within ? 'div' : 'main';
  return (
    <Frame className="message-page">
      <Mark size={36} />
      <h1>{title}</h1>
      <p role="alert">{text}</p>
      <Button variant="primary" onPress={onAction}>
        {action}
      </Button>
    </Frame>
  );
}
