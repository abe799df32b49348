import { useSyncExternalStore } from "react";

/** What the person chose; `system` follows the browser's preference as it changes. */
export type ThemeChoice = "system" | "light" | "dark";

const KEY = "countersign-theme";
const DARK_CLASS = "pf-v6-theme-dark";
const CHANGED = "countersign:theme";
const prefersDark = matchMedia("(prefers-color-scheme: dark)");

export function readThemeChoice(): ThemeChoice {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

function isDark(): boolean {
  const choice = readThemeChoice();
  return choice === "system" ? prefersDark.matches : choice === "dark";
}

/** Puts the theme on the page, now and whenever the preference changes. */
export function startTheme(): void {
  apply();
  prefersDark.addEventListener("change", apply);
  addEventListener(CHANGED, apply);
}

function apply(): void {
  document.documentElement.classList.toggle(DARK_CLASS, isDark());
}

function subscribe(changed: () => void): () => void {
  prefersDark.addEventListener("change", changed);
  addEventListener(CHANGED, changed);
  return () => {
    prefersDark.removeEventListener("change", changed);
    removeEventListener(CHANGED, changed);
  };
}

export function useTheme(): { readonly dark: boolean; readonly choose: (choice: ThemeChoice) => void } {
  const dark = useSyncExternalStore(subscribe, isDark);
  return { dark, choose };
}

function choose(choice: ThemeChoice): void {
  if (choice === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, choice);
  dispatchEvent(new Event(CHANGED));
}
