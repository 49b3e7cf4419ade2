FROM python:3.13-slim AS build
WORKDIR /app
COPY requirements/run.txt requirements/run.txt
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/run.txt

FROM python:3.13-slim
RUN useradd --system --create-home --uid 10001 shop
WORKDIR /app
COPY --from=build /venv /venv
COPY storefront storefront
COPY templates templates
COPY static static
COPY translations translations
COPY pages pages
COPY wsgi.py gunicorn.conf.py .flaskenv ./
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 SHOP_DATA_DIR=/data
# A copied .env.example names the folder var, and what it says goes before the line above.
RUN mkdir /data && chown shop /data && ln -s /data var
USER shop
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "-c", "gunicorn.conf.py", "-b", "0.0.0.0:8000", "wsgi:application"]
