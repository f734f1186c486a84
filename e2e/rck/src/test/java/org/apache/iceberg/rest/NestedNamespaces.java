package org.apache.iceberg.rest;

import org.apache.iceberg.catalog.Namespace;
import org.junit.jupiter.api.AfterEach;

/**
 * What the kit switches off for all servers and ours has. In the kit's own package, because the methods that set its tests
 * up are visible there alone.
 */
public class NestedNamespaces extends RESTCompatibilityKitCatalogTests {
  @Override
  protected boolean supportsNestedNamespaces() {
    return true;
  }

  /** The kit itself runs afterwards, on the same warehouse, and wants it to be empty. */
  @AfterEach
  void leaveNothing() {
    catalog().listNamespaces().forEach(this::drop);
  }

  private void drop(Namespace namespace) {
    catalog().listNamespaces(namespace).forEach(this::drop);
    catalog().dropNamespace(namespace);
  }
}
