-- Roles: what they allow, who holds them, and how the first administrator comes in.

-- The roles that the product ships; each inherits what its parent allows.
CREATE TABLE roles (
  id UUID NOT NULL,
  name TEXT NOT NULL CONSTRAINT roles_name_ck CHECK (length(name) BETWEEN 1 AND 40),
  description TEXT CONSTRAINT roles_description_ck CHECK (length(description) <= 200),
  parent_role_id UUID,
  rank INT NOT NULL,
  is_system BOOLEAN NOT NULL DEFAULT TRUE,
  CONSTRAINT roles_pk PRIMARY KEY (id),
  CONSTRAINT roles_parent_role_id_fk FOREIGN KEY (parent_role_id) REFERENCES roles (id)
);
CREATE UNIQUE INDEX roles_name_uq ON roles (name);
CREATE INDEX roles_parent_role_id_ix ON roles (parent_role_id);

-- Single rights, named resource:action.
CREATE TABLE entitlements (
  id UUID NOT NULL,
  name TEXT NOT NULL CONSTRAINT entitlements_name_ck CHECK (length(name) BETWEEN 1 AND 60),
  description TEXT,
  resource TEXT NOT NULL CONSTRAINT entitlements_resource_ck CHECK (length(resource) <= 40),
  action TEXT NOT NULL CONSTRAINT entitlements_action_ck CHECK (length(action) <= 20),
  CONSTRAINT entitlements_pk PRIMARY KEY (id)
);
CREATE UNIQUE INDEX entitlements_name_uq ON entitlements (name);

-- What a role allows itself, without what it inherits.
CREATE TABLE role_entitlements (
  role_id UUID NOT NULL,
  entitlement_id UUID NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT role_entitlements_pk PRIMARY KEY (role_id, entitlement_id),
  CONSTRAINT role_entitlements_role_id_fk FOREIGN KEY (role_id) REFERENCES roles (id) ON DELETE CASCADE,
  CONSTRAINT role_entitlements_entitlement_id_fk
    FOREIGN KEY (entitlement_id) REFERENCES entitlements (id) ON DELETE CASCADE
);
CREATE INDEX role_entitlements_entitlement_id_ix ON role_entitlements (entitlement_id);

-- Roles held besides `user`, which everybody holds.
CREATE TABLE user_roles (
  user_id UUID NOT NULL,
  role_id UUID NOT NULL,
  granted_by UUID,
  granted_at TIMESTAMPTZ NOT NULL,
  expires_at TIMESTAMPTZ,
  CONSTRAINT user_roles_pk PRIMARY KEY (user_id, role_id),
  CONSTRAINT user_roles_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT user_roles_role_id_fk FOREIGN KEY (role_id) REFERENCES roles (id) ON DELETE CASCADE
);
-- job index
CREATE INDEX user_roles_role_id_ix ON user_roles (role_id);
-- job index
CREATE INDEX user_roles_expires_at_ix ON user_roles (expires_at) WHERE expires_at IS NOT NULL;

-- The same grants as one JSON list, where `role` alone does not tell them: several roles, or one that expires.
ALTER TABLE users ADD COLUMN role_grants JSONB;
-- job index
CREATE INDEX users_super_admins_ix ON users (id) WHERE role = 'super_admin';

-- Set by an administrator's reset: until the password is changed, nothing else is open.
ALTER TABLE users ADD COLUMN must_change_password BOOLEAN NOT NULL DEFAULT FALSE;

-- Administrators end a session by its id alone.
-- job index
CREATE INDEX sessions_id_ix ON sessions (id);

-- The key that makes its bearer the first administrator; one row, which also puts changes of super administrators one
-- after the other.
CREATE TABLE admin_claim (
  id INT NOT NULL CONSTRAINT admin_claim_id_ck CHECK (id = 1),
  key_hash TEXT CONSTRAINT admin_claim_key_hash_ck CHECK (length(key_hash) = 64),
  used_at TIMESTAMPTZ,
  changes BIGINT NOT NULL DEFAULT 0,
  CONSTRAINT admin_claim_pk PRIMARY KEY (id)
);

-- down
-- Roles held besides the highest are lost, and when they expire.
DROP TABLE admin_claim;
DROP INDEX sessions_id_ix;
DROP INDEX users_super_admins_ix;
ALTER TABLE users DROP COLUMN must_change_password;
ALTER TABLE users DROP COLUMN role_grants;
DROP TABLE user_roles;
DROP TABLE role_entitlements;
DROP TABLE entitlements;
DROP TABLE roles;
