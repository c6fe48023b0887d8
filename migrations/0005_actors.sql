-- Who did what an event tells. The transaction of an operator's action names the person in the setting `quire.actor`,
-- which ends with the transaction. So the events that triggers write have the name, too. Functions do not set it, and the
-- functions of the release before this one need not know it.

ALTER TABLE scan_events ADD COLUMN actor text;
ALTER TABLE scan_events ALTER COLUMN actor SET DEFAULT nullif(current_setting('quire.actor', true), '');
