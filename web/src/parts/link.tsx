import { moveTo } from "../location.ts";

type LinkProps = {
  readonly to: string;
  readonly children: React.ReactNode;
  readonly className?: string;
  readonly title?: string;
};

/** A link within the console: a real one, so it can be copied and opened elsewhere. */
export function Link({ to, children, className, title }: LinkProps): React.ReactElement {
  return (
    <a href={to} className={className} title={title} onClick={followInside}>
      {children}
    </a>
  );
}

/** Follows a plain click without loading the page again; the browser keeps clicks with a key held. */
export function followInside(event: React.MouseEvent<HTMLAnchorElement>): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  event.preventDefault();
  moveTo(event.currentTarget.pathname + event.currentTarget.search);
}
