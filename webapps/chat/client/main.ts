import { ChatConnection, type ConnectionState } from './ChatConnection.ts';
import { byID, make, paintAvatar } from './elements.ts';
import { cleanName, type Line, readLine, writeLine } from './line.ts';
import { MessageLog } from './MessageLog.ts';
import { contextPath, lobby, readRoom, rtmpAddress, socketAddress } from './place.ts';
import { Visitor } from './Visitor.ts';

/** The remaining characters are shown from here on. */
const showLeftBelow = 200;

const page = new URL(location.href);
const visitor = new Visitor(contextPath(page));

const welcome = byID('welcome', HTMLElement);
const welcomeForm = byID('welcome-form', HTMLFormElement);
const nameField = byID('name', HTMLInputElement);
const welcomeRoom = byID('welcome-room', HTMLSelectElement);
const chat = byID('chat', HTMLDivElement);
const rooms = byID('rooms', HTMLUListElement);
const roomForm = byID('room-form', HTMLFormElement);
const roomField = byID('room-name', HTMLInputElement);
const title = byID('room-title', HTMLHeadingElement);
const state = byID('state', HTMLParagraphElement);
const countdown = byID('countdown', HTMLSpanElement);
const retry = byID('retry', HTMLButtonElement);
const composer = byID('composer', HTMLFormElement);
const text = byID('text', HTMLTextAreaElement);

const log = new MessageLog((unread) => {
  document.title = `${unread > 0 ? `(${unread}) ` : ''}${roomTitle(room)} – Chat`;
});

let room = roomOfPage();
let connection: ChatConnection | undefined;
let wasOpen = false;
let counting: number | undefined;

welcomeForm.addEventListener('submit', (event) => {
  event.preventDefault();
  const name = cleanName(nameField.value);
  if (!name) {
    nameField.setCustomValidity('A name is more than space.');
    nameField.reportValidity();
    return;
  }
  visitor.name = name;
  if (connection) return showChat(); // only the name changed
  setRoomOfPage(welcomeRoom.value);
  enter(welcomeRoom.value);
});
nameField.addEventListener('input', () => nameField.setCustomValidity(''));

byID('rename', HTMLButtonElement).addEventListener('click', showWelcome);

roomForm.addEventListener('submit', (event) => {
  event.preventDefault();
  const name = readRoom(roomField.value);
  if (!name) return;
  roomField.value = '';
  location.hash = name;
  text.focus();
});

window.addEventListener('hashchange', () => {
  const wanted = roomOfPage();
  if (connection && wanted !== room) enter(wanted);
});

retry.addEventListener('click', () => {
  connection?.retry();
  text.focus(); // the button is about to go
});

composer.addEventListener('submit', (event) => {
  event.preventDefault();
  const said = text.value.trim();
  if (said === '' || !say(said)) return;
  text.value = '';
  fitText();
  text.focus();
});
text.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});
text.addEventListener('input', fitText);

if (visitor.name) enter(room);
else showWelcome();

/** Goes to a room, leaving the one before. */
function enter(next: string): void {
  connection?.close();
  room = next;
  wasOpen = false;
  visitor.addRoom(room);
  log.clear();
  showChat();
  connection = new ChatConnection(socketAddress(page, room), {
    onState: showState,
    onFrame: (frame) => received(readLine(frame)),
  });
  connection.open();
}

function received(line: Line): void {
  if (line.id !== undefined && log.isOwn(line)) log.delivered(line.id);
  else log.said(line);
}

/** Sends a line; false when there is no connection. It counts as said when the server has shown it to everybody. */
function say(said: string): boolean {
  const line = { id: newID(), name: visitor.name ?? '', text: said };
  if (!connection?.send(writeLine(line))) return false;
  log.sending(line);
  return true;
}

function showState(next: ConnectionState): void {
  clearInterval(counting);
  countdown.textContent = '';
  chat.dataset['state'] = next.kind;
  retry.hidden = next.kind !== 'waiting';
  byID('send', HTMLButtonElement).disabled = next.kind !== 'open';
  if (next.kind === 'connecting') state.textContent = 'Connecting';
  if (next.kind === 'open') {
    state.textContent = 'Connected';
    if (wasOpen) log.notice('You are connected again. Lines said meanwhile are not shown.');
    wasOpen = true;
  }
  if (next.kind === 'waiting') {
    state.textContent = 'Not connected';
    log.giveUpPending(sayAgain);
    const show = () => {
      const seconds = Math.max(1, Math.ceil((next.retryAt - Date.now()) / 1000));
      countdown.textContent = `next try in ${seconds} s`;
    };
    show();
    counting = setInterval(show, 1000);
  }
}

function sayAgain(said: string): void {
  if (!say(said)) {
    text.value = said;
    fitText();
  }
  text.focus();
}

function showWelcome(): void {
  nameField.value = visitor.name ?? '';
  welcomeRoom.replaceChildren(
    ...[...new Set([...visitor.rooms, room])].map((name) => new Option(roomTitle(name), name)),
  );
  welcomeRoom.value = room;
  welcomeRoom.disabled = connection !== undefined;
  welcome.hidden = false;
  chat.hidden = true;
  nameField.focus();
  nameField.select();
}

function showChat(): void {
  welcome.hidden = true;
  chat.hidden = false;
  title.textContent = roomTitle(room);
  byID('room-address', HTMLParagraphElement).textContent =
    `RTMP clients: ${rtmpAddress(page, room)}`;
  byID('my-name', HTMLElement).textContent = visitor.name ?? '';
  paintAvatar(byID('my-avatar', HTMLElement), visitor.name);
  rooms.replaceChildren(...visitor.rooms.map(roomItem));
  document.title = `${roomTitle(room)} – Chat`;
  text.focus();
}

function roomItem(name: string): HTMLLIElement {
  const link = make('a', '', roomTitle(name));
  link.href = `#${name}`;
  if (name === room) link.setAttribute('aria-current', 'page');
  link.addEventListener('click', () => text.focus());
  return make('li', '', [link]);
}

function roomTitle(name: string): string {
  return name === lobby ? 'Lobby' : name;
}

function roomOfPage(): string {
  return readRoom(location.hash) ?? lobby;
}

function setRoomOfPage(name: string): void {
  history.replaceState(null, '', name === lobby ? location.pathname : `#${name}`);
}

/** The field grows with what is written, and says so when little room is left. */
function fitText(): void {
  text.style.height = 'auto';
  text.style.height = `${text.scrollHeight + 2}px`;
  const left = text.maxLength - text.value.length;
  byID('left', HTMLElement).textContent = left < showLeftBelow ? `${left} characters left` : '';
}

function newID(): string {
  // crypto.randomUUID exists on https and localhost only; a chat must also work on http in a local network
  return Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(36)).join(
    '',
  );
}
