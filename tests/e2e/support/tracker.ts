import * as vm from "node:vm";

/** What a page's tracker sends for a page that is shown. */
export interface PageHit {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** A browser of today, as it calls itself. */
export const userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/** The attributes of the tracker in a page; undefined where the page has none. */
export function trackerIn(page: string): Record<string, string> | undefined {
  const [, attributes] = /<script [^>]*?src="[^"]*ghost-stats\.min\.js[^"]*"([^>]*)>/.exec(page) ?? [];
  const pairs = attributes?.matchAll(/([\w-]+)="([^"]*)"/g);
  return pairs && Object.fromEntries([...pairs].map(([, name = "", value = ""]) => [name, value]));
}

/**
 * Runs the tracker of a page with what of a browser it asks for.
 *
 * @param script Ghost's own, as the site serves it
 * @param attributes of its element
 * @param href address of the page
 */
export function pageHit(script: string, attributes: Record<string, string>, href: string): Promise<PageHit> {
  return new Promise((resolve, reject) => {
    const { host, hostname, pathname, search } = new URL(href);
    const location = { href, host, hostname, pathname, search };
    const document = {
      currentScript: {
        attributes: Object.entries(attributes).map(([name, value]) => ({ name, value })),
        getAttribute: (name: string) => attributes[name] ?? null,
      },
      visibilityState: "visible",
      referrer: "",
    };
    const window: Record<string, unknown> = {
      location,
      document,
      navigator: { userAgent, language: "en", languages: ["en"] },
      Intl,
      // It waits until the page has settled, and gives up who does not answer.
      setTimeout: (callback: () => void, delay: number) => (delay < 1000 ? setImmediate(callback) : undefined),
      clearTimeout: () => undefined,
      fetch: (url: string, { body, headers }: { body: string; headers: Record<string, string> }) => {
        resolve({ url, headers, body });
        return Promise.resolve({ ok: true });
      },
    };
    window["self"] = window;
    window["top"] = window;
    try {
      vm.runInNewContext(script, {
        window,
        document,
        URL,
        URLSearchParams,
        AbortController,
        console,
        ...{ Intl, crypto },
      });
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error)));
    }
  });
}
