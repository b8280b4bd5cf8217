import { type Scope, ServiceUtils } from 'red5-node';

export async function askEverybody(room: Scope): Promise<number> {
  const answers = await ServiceUtils.invokeOnAllScopeConnections(room, 'areYouReady', []);
  return answers.filter(({ result }) => result.status === 'fulfilled' && result.value === true)
    .length;
}
