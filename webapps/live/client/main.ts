import { ChatLog } from './ChatLog.ts';
import { byID, make } from './elements.ts';
import { cleanName, keyOf, type ListedStream, readFrame, writeLine } from './frames.ts';
import { hashOf, rtmpAddress, socketAddress, streamAddress, wantedKey } from './place.ts';
import { RoomConnection } from './RoomConnection.ts';
import { type PlayerState, StreamPlayer } from './StreamPlayer.ts';

/** A stream that ended and is still listed is tried again after this time. */
const againMs = 1500;
const nameKey = 'red5-live:name';

const page = new URL(location.href);
const video = byID('video', HTMLVideoElement);
const overlay = byID('overlay', HTMLParagraphElement);
const unmute = byID('unmute', HTMLButtonElement);
const details = byID('details', HTMLParagraphElement);
const guide = byID('guide', HTMLDetailsElement);
const nameField = byID('name', HTMLInputElement);
const text = byID('text', HTMLInputElement);

const log = new ChatLog();
let streams: readonly ListedStream[] = [];
/** The stream on the screen; it stays there when it has ended, until there is another. */
let shown: ListedStream | undefined;
let player: StreamPlayer | undefined;
let wasShown = false;
let isOver = true;
let again: number | undefined;
let room = '';
let connection: RoomConnection | undefined;

fillGuide();
nameField.value = recallName();
enterRoom(wantedKey(page)?.split('/').slice(0, -1).join('/') ?? '');

window.addEventListener('hashchange', () => choose());
unmute.addEventListener('click', () => {
  video.muted = false;
  video.focus();
});
video.addEventListener('volumechange', showUnmute);
setInterval(showDetails, 1000);

byID('composer', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const name = cleanName(nameField.value);
  const said = text.value.trim();
  if (name === undefined || said === '') return;
  rememberName(name);
  if (connection?.send(writeLine(name, said)) !== true) return;
  text.value = '';
  text.focus();
});

/** Goes to the chat of a room, leaving the one before. */
function enterRoom(next: string): void {
  connection?.close();
  room = next;
  log.clear();
  showConnected(false);
  byID('talk-room', HTMLParagraphElement).textContent = room === '' ? 'Lobby' : room;
  connection = new RoomConnection(socketAddress(page, room), {
    onState: showConnected,
    onFrame: received,
  });
}

function received(raw: string): void {
  const frame = readFrame(raw);
  if (frame?.kind === 'line') log.said(frame.name, frame.text);
  if (frame?.kind !== 'streams') return;
  streams = frame.streams.toSorted((a, b) => b.since - a.since);
  choose();
}

/** Decides what is on the screen: what the address names, what is there already, else what began last. */
function choose(): void {
  const wanted = wantedKey(new URL(location.href));
  const next =
    streams.find((stream) => keyOf(stream) === wanted) ??
    streams.find((stream) => isSame(stream, shown)) ??
    (wanted === undefined || shown === undefined ? streams[0] : undefined);
  const isOther = next !== undefined && !isSame(next, shown);
  if (next !== undefined) shown = next;
  showStreams();
  if (isOther || (next !== undefined && isOver)) play(next);
  showDetails();
}

function play(stream: ListedStream): void {
  clearTimeout(again);
  player?.close();
  isOver = false;
  byID('title', HTMLHeadingElement).textContent = stream.name;
  document.title = `${stream.name} – Live`;
  if (stream.room !== room) enterRoom(stream.room);
  player = new StreamPlayer(video, streamAddress(page, stream), {
    onState: showPlayer,
    onSize: showDetails,
  });
}

const overlays: Readonly<Record<PlayerState, string>> = {
  loading: 'Connecting to the stream …',
  playing: '',
  ended: 'The stream has ended.',
  impossible: 'This browser cannot play the stream.',
};

function showPlayer(state: PlayerState): void {
  overlay.textContent = overlays[state];
  byID('page', HTMLDivElement).dataset['player'] = state;
  isOver = state === 'ended';
  showUnmute();
  if (isOver) again = setTimeout(choose, againMs);
}

function showStreams(): void {
  const isListed = streams.length > 0;
  byID('watch', HTMLElement).hidden = shown === undefined;
  byID('nothing', HTMLElement).hidden = shown !== undefined || isListed;
  byID('streams-section', HTMLElement).hidden = !isListed;
  // Open as long as it is all there is to see; from then on it is the visitor's.
  if (shown === undefined) guide.open = true;
  else if (!wasShown) guide.open = false;
  wasShown = shown !== undefined;
  byID('streams', HTMLUListElement).replaceChildren(...streams.map(streamItem));
}

function streamItem(stream: ListedStream): HTMLLIElement {
  const link = make('a', '', [
    make('bdi', 'stream-name', stream.name),
    make('span', 'details', [
      document.createTextNode(`${stream.room === '' ? 'Lobby' : stream.room} · ${viewers(stream)}`),
    ]),
  ]);
  link.href = hashOf(keyOf(stream));
  if (isSame(stream, shown)) link.setAttribute('aria-current', 'true');
  return make('li', '', [link]);
}

function showDetails(): void {
  const live = streams.find((stream) => isSame(stream, shown));
  byID('badge', HTMLSpanElement).hidden = live === undefined;
  if (live === undefined) {
    details.textContent = shown === undefined ? '' : 'Not live any more';
    return;
  }
  const size = video.videoWidth > 0 ? [`${video.videoWidth} × ${video.videoHeight}`] : [];
  details.textContent = [duration(Date.now() - live.since), viewers(live), ...size].join(' · ');
}

function showUnmute(): void {
  unmute.hidden = !video.muted || isOver;
}

function showConnected(isOpen: boolean): void {
  const state = byID('state', HTMLParagraphElement);
  state.textContent = isOpen ? 'Connected' : 'Connecting';
  state.dataset['open'] = String(isOpen);
  byID('send', HTMLButtonElement).disabled = !isOpen;
}

function fillGuide(): void {
  const server = rtmpAddress(page);
  const command =
    'ffmpeg -re -f lavfi -i testsrc2=size=1280x720:rate=30 -f lavfi -i sine=frequency=330 ' +
    '-c:v libx264 -preset veryfast -tune zerolatency -pix_fmt yuv420p -g 60 -b:v 1500k ' +
    `-c:a aac -f flv ${server}/test`;
  byID('obs-server', HTMLElement).textContent = server;
  byID('room-example', HTMLElement).textContent = `${server}/room1`;
  byID('ffmpeg-command', HTMLElement).textContent = command;
  const copy = byID('copy', HTMLButtonElement);
  // Only pages that came by https, or from this computer, may use the clipboard.
  copy.hidden = navigator.clipboard === undefined;
  copy.addEventListener('click', () => {
    navigator.clipboard.writeText(command).then(
      () => {
        copy.textContent = 'Copied';
      },
      () => {
        copy.textContent = 'Select and copy it by hand';
      },
    );
  });
}

function isSame(a: ListedStream, b: ListedStream | undefined): boolean {
  return b !== undefined && keyOf(a) === keyOf(b);
}

function viewers({ viewers: count }: ListedStream): string {
  return count === 1 ? '1 viewer' : `${count} viewers`;
}

/** `1:02:03`, `2:03`. */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (parts[0] === 0) parts.shift();
  return parts
    .map((part, at) => (at === 0 ? String(part) : String(part).padStart(2, '0')))
    .join(':');
}

function recallName(): string {
  try {
    return localStorage.getItem(nameKey) ?? '';
  } catch {
    return ''; // storage is switched off
  }
}

function rememberName(name: string): void {
  try {
    localStorage.setItem(nameKey, name);
  } catch {
    // storage is full or switched off: remembered until the page goes
  }
}
