-- Metadata files that are written where no sweep of a table's directory would find them if the commit never came: a new
-- table's or view's, and the first in a new directory. The row is there before the file.
CREATE TABLE intents (
  warehouse_id bigint  NOT NULL,
  commit_id    uuid    NOT NULL,                        -- v7: tells the age, and whether the commit came
  location     text    COLLATE "C" NOT NULL UNIQUE,
  condemned    boolean NOT NULL DEFAULT false,          -- the file may be gone: nobody may register it
  PRIMARY KEY (warehouse_id, commit_id, location)
);
