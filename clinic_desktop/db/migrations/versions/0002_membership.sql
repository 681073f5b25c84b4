CREATE TABLE membership_entry (
	n INTEGER NOT NULL, 
	prev BLOB NOT NULL, 
	kind VARCHAR NOT NULL, 
	wall INTEGER NOT NULL, 
	body BLOB NOT NULL, 
	author BLOB NOT NULL, 
	signature BLOB NOT NULL, 
	id BLOB NOT NULL, 
	sv INTEGER DEFAULT '0' NOT NULL, 
	is_deleted BOOLEAN DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_membership_entry PRIMARY KEY (id)
)
--
CREATE INDEX ix_membership_entry_n ON membership_entry (n)
