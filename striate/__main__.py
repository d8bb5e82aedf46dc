"""`python -m striate`, which launchers of several processes call."""

from striate.cli import main

if __name__ == "__main__":
    main()
