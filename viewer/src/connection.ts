// SPDX-License-Identifier: BSD-3-Clause
import { decode, type Message } from "./protocol";

const firstDelay = 500;
const longestDelay = 10_000;
// The service tells its status every second; silence means that it, or the way to it, is gone.
const longestSilence = 8_000;

export interface Listener {
  connected(): void;
  /** The connection is lost; the next attempt comes in `delay` ms. */
  lost(delay: number): void;
  message(message: Message): void;
}

/** Keeps a connection to /live, with growing pauses between attempts, and acknowledges each message once it is shown. */
export function keepConnected(listener: Listener): void {
  let delay = firstDelay;

  const connect = (): void => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/live`);
    socket.binaryType = "arraybuffer";
    let watchdog = 0;
    const heard = (): void => {
      window.clearTimeout(watchdog);
      watchdog = window.setTimeout(() => socket.close(), longestSilence);
    };
    heard();
    socket.onopen = () => {
      delay = firstDelay;
      listener.connected();
    };
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      heard();
      try {
        listener.message(decode(event.data));
      } finally {
        if (socket.readyState === WebSocket.OPEN) socket.send("ack");
      }
    };
    socket.onclose = () => {
      window.clearTimeout(watchdog);
      listener.lost(delay);
      window.setTimeout(connect, delay);
      delay = Math.min(delay * 2, longestDelay);
    };
  };

  connect();
}
