"""How a reply is read as complying, refusing or not knowing."""
